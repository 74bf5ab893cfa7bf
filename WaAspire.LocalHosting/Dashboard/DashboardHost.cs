using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WaAspire.LocalHosting.Building;
using WaAspire.LocalHosting.Ports;
using WaAspire.LocalHosting.Running;
using WaAspire.LocalHosting.Watching;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>
/// Microsoft's dashboard beside our processes. Enters: the model, the snapshots, the lines. Leaves: a page, whose address is
/// logged once it answers. Its start holds up nobody: settings first, the page itself in the background. Without a dashboard
/// everything else runs, and one line says why. If we die, the guard ends it, and it also watches us by our pid.
/// </summary>
internal sealed class DashboardHost(
    AppHostFacts appHost, DistributedApplicationExecutionContext execution, IServiceProvider services, ResourceNotificationService notifications,
    ResourceLoggerService logs, ResourceCommandService commands, IConfiguration configuration, IOptions<LocalHostingOptions> options,
    TimeProvider time, ILogger<DashboardHost> logger) : IHostedService, IDisposable
{
    private const int LinesKept = 50;
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_stop = TimeSpan.FromSeconds(5);
    private static readonly HttpClient s_probe = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication? _resourceService;
    private GuardedProcess? _process;
    private Task _work = Task.CompletedTask;

    /// <summary>Where to log in, once the page answers; a fault with the reason when there will be no page.</summary>
    public Task<string> LoginUrl => _ready.Task;

    /// <summary>Null where there is no dashboard to serve.</summary>
    public Uri? ResourceServiceUrl { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (appHost.DisableDashboard || !options.Value.Dashboard || execution.IsPublishMode || OperatingSystem.IsWindows())
            return;
        var script = new DashboardScript(Path.GetFullPath(options.Value.DashboardScript ?? "none", appHost.Directory), options.Value, time);
        var found = await script.LookAsync(cancellationToken);
        if (found is { Program: null, CanBeFetched: false })
        {
            GiveUp(found.Reason);
            return;
        }

        var settings = DashboardSettings.Make(configuration);
        settings.Publish(configuration);
        ResourceServiceUrl = new UriBuilder("http", "localhost", settings.ResourceServicePort).Uri;
        _resourceService = await ServeAsync(settings, cancellationToken);
        _work = RunAsync(script, found, settings, _stopping.Token);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _work;
        if (_resourceService is not null)
        {
            using var enough = new CancellationTokenSource(s_stop, time);
            await _resourceService.StopAsync(enough.Token);
            await _resourceService.DisposeAsync();
        }
    }

    public void Dispose() => _stopping.Dispose();

    private async Task<WebApplication> ServeAsync(DashboardSettings settings, CancellationToken cancellationToken)
    {
        // Empty: a host inside the host must not read the AppHost's URLs, environment or signals.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            // Streams that say nothing for hours are the rule here, and not an attack.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            foreach (var address in Loopback.Addresses)
                kestrel.Listen(new IPEndPoint(address, settings.ResourceServicePort), listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var app = builder.Build();
        var messages = new ResourceMessages(new CommandMessages(services), time.GetUtcNow().UtcDateTime);
        var service = new ResourceService(settings.ResourceKey, messages, notifications, logs, commands, new Prompts(time), appHost, logger);
        app.Run(http => service.ServeAsync(http, _stopping.Token));
        await app.StartAsync(cancellationToken);
        return app;
    }

    private async Task RunAsync(DashboardScript script, DashboardSearch found, DashboardSettings settings, CancellationToken stopping)
    {
        try
        {
            if (found.Program is null)
                found = await script.FetchAsync(stopping);
            if (found.Program is not { } program)
            {
                GiveUp(found.Reason);
                return;
            }

            await WatchAsync(program, settings, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // That is how it ends.
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            GiveUp(fault.Message);
        }
        finally
        {
            if (_process is { Exited.IsCompleted: false } process)
                await process.StopAsync(s_stop, CancellationToken.None);
        }
    }

    private async Task WatchAsync(string program, DashboardSettings settings, CancellationToken stopping)
    {
        var lines = new LogBacklog(LinesKept);
        var name = ResourceService.NameOf(appHost.Assembly);
        var process = _process = GuardedProcess.Start(
            new LaunchSpec(program, ["dashboard"], Path.GetDirectoryName(program)!, settings.Environment(name)), options.Value, lines.Append, time);
        while (!process.Exited.IsCompleted && !await AnswersAsync(settings.Frontend, stopping))
            await Task.Delay(s_poll, time, stopping);
        if (!process.Exited.IsCompleted && _ready.TrySetResult(settings.LoginUrl))
            LocalHostingLog.DashboardReady(logger, settings.LoginUrl);
        var code = await process.Exited.WaitAsync(stopping);
        var lastWords = lines.Lines().LastOrDefault(line => line.Content.Length > 0).Content ?? "it said nothing";
        LocalHostingLog.DashboardEnded(logger, code, lastWords);
        if (_ready.TrySetException(new DistributedApplicationException(lastWords)))
            _ = _ready.Task.Exception;
    }

    private void GiveUp(string reason)
    {
        LocalHostingLog.NoDashboard(logger, reason);
        _ready.TrySetException(new DistributedApplicationException(reason));
        _ = _ready.Task.Exception; // who waits hears of it; nobody need wait
    }

    private static async Task<bool> AnswersAsync(Uri frontend, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await s_probe.GetAsync(new Uri(frontend, "/health"), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException || !cancellationToken.IsCancellationRequested && fault is OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Signals are the AppHost's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
