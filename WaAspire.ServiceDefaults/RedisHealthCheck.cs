using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace WaAspire.ServiceDefaults;

/// <summary>Redis answers a ping. Degraded, not unhealthy, when it does not: the product goes on without it, only slower.</summary>
public sealed class RedisHealthCheck(IConnectionMultiplexer redis, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var took = await redis.GetDatabase().PingAsync().WaitAsync(_patience, time, cancellationToken);
            return HealthCheckResult.Healthy($"answered in {took.TotalMilliseconds:F0} ms");
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            return HealthCheckResult.Degraded("Redis does not answer", exception);
        }
    }
}
