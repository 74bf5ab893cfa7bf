using System.Diagnostics;
using System.Text.RegularExpressions;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Gateway;

/// <summary>WhatsApp's socket stand-in as a process of its own, for tests that start no whole system.</summary>
internal sealed partial class SocketStandInProcess : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly HttpClient _admin;

    private SocketStandInProcess(Process process, string url)
    {
        _process = process;
        Url = url;
        _admin = new HttpClient { BaseAddress = new Uri(url.Replace("ws://", "http://", StringComparison.Ordinal)) };
        Switches = new SocketStandIn(_admin);
    }

    /// <summary>For <c>WA_WEB_SOCKET_URL</c>.</summary>
    public string Url { get; }

    public SocketStandIn Switches { get; }

    public static async Task<SocketStandInProcess> StartAsync()
    {
        var folder = Path.Combine(Artifacts.Root, "baileys-gateway");
        await new NpmFolder(folder, TimeSpan.FromMinutes(8)).InstallAsync();
        var process = Process.Start(new ProcessStartInfo("node", ["test/standin/main.js", "--port=0"]) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(_patience);
        return new SocketStandInProcess(process, Address().Match(line!).Value);
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"ws://\S+")]
    private static partial Regex Address();
}
