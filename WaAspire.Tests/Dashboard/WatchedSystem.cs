using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using WaAspire.LocalHosting.Dashboard;
using WaAspire.Tests.Kit;
using WaAspire.Tests.WhatsAppSimulator;

namespace WaAspire.Tests.Dashboard;

/// <summary>The running product with Microsoft's dashboard beside it, and a browser that has logged in.</summary>
public sealed class WatchedSystem : RunningSystem, IAsyncLifetime
{
    /// <summary>The first start may fetch it.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    private readonly Chromium _chromium = new();

    public IPage Page { get; private set; } = null!;

    public Uri Dashboard { get; private set; } = null!;

    protected override bool HasDashboard => true;

    protected override string[] Arguments => [$"--Demo:SeedFile={Path.Combine(Artifacts.Root, "demo", "seed.json")}"];

    protected override IEnumerable<KeyValuePair<string, string>> WorkerDurations => [.. base.WorkerDurations, new("Observability__FiguresEvery", "00:00:01")];

    async Task IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        var login = await App.Services.GetRequiredService<DashboardHost>().LoginUrl.WaitAsync(_patience);
        Dashboard = new Uri(new Uri(login), "/");
        await _chromium.InitializeAsync();
        Page = await _chromium.PageAsync(1600, 1000);
        Page.SetDefaultTimeout(60_000);
        await Page.GotoAsync(login);
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await _chromium.DisposeAsync();
        await DisposeAsync();
    }

    public async Task OpenAsync(string path) => await Page.GotoAsync(new Uri(Dashboard, path).ToString());

    /// <summary>One row of the page's table, by a text in it.</summary>
    public ILocator Row(string text) => Page.GetByRole(AriaRole.Row).Filter(new() { HasText = text });

    public async Task<string> PictureAsync(string name)
    {
        var path = Path.Combine(Artifacts.Folder, $"dashboard-{name}.png");
        await Page.ScreenshotAsync(new() { Path = path });
        return path;
    }
}
