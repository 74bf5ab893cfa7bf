using System.Globalization;
using WaAspire.Tests.Gateway;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>WhatsApp's socket server as a process of its own, and the folder of all gateways that come to it.</summary>
internal sealed class SocketServer : IAsyncDisposable
{
    private readonly ChaosProcess _process;
    private readonly HttpClient _http;

    private SocketServer(ChaosProcess process)
    {
        (_process, _http) = (process, new HttpClient { BaseAddress = process.Address });
        Switches = new SocketStandIn(_http);
    }

    public int Port => _process.Port;

    public SocketStandIn Switches { get; }

    /// <summary>Where gateways keep what is not stored yet; it outlives them.</summary>
    public string Spool { get; } = Directory.CreateTempSubdirectory("chaos-spool").FullName;

    public static async Task<SocketServer> StartAsync()
    {
        var port = FreePort.ToComeBackTo();
        string[] command = ["node", Path.Combine(Artifacts.Root, "baileys-gateway", "test", "standin", "main.js"), $"--port={port.ToString(CultureInfo.InvariantCulture)}"];
        var process = new ChaosProcess("sockets", command, port, "/admin/state", new Dictionary<string, string>());
        await process.StartAsync();
        await process.UntilHealthyAsync();
        var server = new SocketServer(process);

        // 812 uploaded keys for each account prove nothing more than one such upload does; the gateway's own tests have it.
        await server.Switches.PostAsync("faults", new { preKeys = 812 });
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.KillAsync();
        _http.Dispose();
        try
        {
            Directory.Delete(Spool, recursive: true);
        }
        catch (IOException)
        {
            // A gateway whose worker was killed is still ending, and writes there. It is a temporary folder.
        }
    }
}
