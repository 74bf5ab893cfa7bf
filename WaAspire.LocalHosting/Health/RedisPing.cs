using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WaAspire.LocalHosting.Health;

/// <summary>PING over a fresh connection; three lines of protocol do not need a client library.</summary>
internal sealed class RedisPing(RedisResource redis) : IHealthCheck
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private const string Pong = "+PONG";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(redis.PrimaryEndpoint.Host, redis.PrimaryEndpoint.Port, cancellationToken);
            var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII);
            if (redis.PasswordParameter is { } parameter)
            {
                var password = await parameter.GetValueAsync(cancellationToken) ?? "";
                var command = $"*2\r\n$4\r\nAUTH\r\n${Encoding.UTF8.GetByteCount(password)}\r\n{password}\r\n";
                await stream.WriteAsync(Encoding.UTF8.GetBytes(command), cancellationToken);
                await reader.ReadLineAsync(cancellationToken);
            }

            await stream.WriteAsync("PING\r\n"u8.ToArray(), cancellationToken);
            var answer = await reader.ReadLineAsync(cancellationToken);
            return answer == Pong ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("PING was not answered with PONG");
        }
        catch (Exception fault) when (fault is SocketException or IOException)
        {
            return HealthCheckResult.Unhealthy($"PING failed: {fault.Message}");
        }
    }
}
