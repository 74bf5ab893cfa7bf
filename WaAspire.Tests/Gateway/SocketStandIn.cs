using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Gateway;

/// <summary>WhatsApp's websocket server as far as unmodified baileys can tell, and the phone in somebody's hand: a real process on a port of its own.</summary>
internal sealed partial class SocketStandIn : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly HttpClient _admin;

    private SocketStandIn(Process process, string url)
    {
        _process = process;
        Url = url;
        _admin = new HttpClient { BaseAddress = new Uri(url.Replace("ws://", "http://", StringComparison.Ordinal)) };
    }

    /// <summary>For <c>WA_WEB_SOCKET_URL</c>.</summary>
    public string Url { get; }

    public static async Task<SocketStandIn> StartAsync()
    {
        var folder = Path.Combine(Artifacts.Root, "baileys-gateway");
        await new NpmFolder(folder, TimeSpan.FromMinutes(8)).InstallAsync();
        var process = Process.Start(new ProcessStartInfo("node", ["test/standin/main.js", "--port=0"]) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(_patience);
        return new SocketStandIn(process, Address().Match(line!).Value);
    }

    /// <summary>A phone scans the code. False: it has been replaced by a newer one.</summary>
    public async Task<bool> ScanAsync(string qr, string phone)
    {
        using var answer = await _admin.PostAsJsonAsync("/admin/scan", new { qr, phone });
        return answer.IsSuccessStatusCode;
    }

    public async Task PostAsync(string verb, object body)
    {
        using var answer = await _admin.PostAsJsonAsync($"/admin/{verb}", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public Task<JsonElement> GetAsync(string what) => _admin.GetFromJsonAsync<JsonElement>($"/admin/{what}");

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
