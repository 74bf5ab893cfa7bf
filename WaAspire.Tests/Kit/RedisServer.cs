using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace WaAspire.Tests.Kit;

/// <summary>A real redis-server of its own, on its own port, without persistence. It can be killed and started again on the same port.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private Process? _process;

    public int Port { get; } = FreePort.ToComeBackTo();

    public string ConnectionString => $"127.0.0.1:{Port},abortConnect=false,connectRetry=1,connectTimeout=10000,allowAdmin=true";

    public async Task InitializeAsync() => await StartAsync();

    public Task DisposeAsync() => StopAsync();

    public async Task StartAsync()
    {
        _process = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath()])
        {
            RedirectStandardOutput = true,
        })!;
        await Eventually.IsTrueAsync(AnswersAsync, "redis-server answers");
    }

    public async Task StopAsync()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill(entireProcessTree: true);
            await running.WaitForExitAsync();
        }

        _process?.Dispose();
        _process = null;
    }

    public async Task FlushAsync()
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        await connection.GetServer(IPAddress.Loopback.ToString(), Port).FlushAllDatabasesAsync();
    }

    /// <summary>Empties one of the server's sixteen databases.</summary>
    public async Task FlushAsync(int database)
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        await connection.GetServer(IPAddress.Loopback.ToString(), Port).FlushDatabaseAsync(database);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
