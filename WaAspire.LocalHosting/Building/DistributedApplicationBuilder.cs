using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using WaAspire.LocalHosting.Dashboard;
using WaAspire.LocalHosting.Model;
using WaAspire.LocalHosting.Running;
using WaAspire.LocalHosting.Testing;
using WaAspire.LocalHosting.Watching;

namespace WaAspire.LocalHosting.Building;

/// <summary>
/// Enters: the AppHost's arguments and settings. Leaves: a host whose only work is <see cref="Orchestrator"/>.
/// Nothing runs, listens or is written before that host starts.
/// </summary>
internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    // The property that Aspire's SDK writes into an AppHost's assembly; our csproj writes it as well.
    private const string ProjectPathMetadata = "apphostprojectpath";

    private readonly HostApplicationBuilder _inner;
    private readonly EntryPointHook? _hook;

    public DistributedApplicationBuilder(DistributedApplicationOptions options, bool testing = false)
    {
        _hook = EntryPointHook.Current;
        testing |= _hook is not null;
        AppHostAssembly = _hook?.Assembly ?? (options.AssemblyName is { } name ? Assembly.Load(name) : Assembly.GetEntryAssembly());
        AppHostDirectory = options.ProjectDirectory ?? ProjectDirectoryOf(AppHostAssembly) ?? Directory.GetCurrentDirectory();
        var settings = new HostApplicationBuilderSettings
        {
            Args = options.Args,
            ContentRootPath = AppHostDirectory,
            EnvironmentName = testing ? Environments.Development : null,
        };
        options.DisableDashboard |= testing;
        _hook?.Configure(options, settings);
        _inner = new HostApplicationBuilder(settings);
        ExecutionContext = new(OperationFrom(_inner.Configuration));
        Quieten(_inner.Logging, testing);
        AddServices(new AppHostFacts(testing, AppHostDirectory, AppHostAssembly, options.DisableDashboard));
    }

    public ConfigurationManager Configuration => _inner.Configuration;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IHostEnvironment Environment => _inner.Environment;

    public IServiceCollection Services => _inner.Services;

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    /// <summary>Under a test, the entry point stops here until the test, which may still change the model, asks for the application.</summary>
    public DistributedApplication Build()
    {
        _hook?.HandOverBuilder(this);
        var application = new DistributedApplication(_inner.Build(), _hook);
        _hook?.HandOver(application);
        return application;
    }

    private void AddServices(AppHostFacts facts)
    {
        Services.AddHealthChecks();
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(new DistributedApplicationModel(Resources));
        Services.AddSingleton(facts);
        // By hand, because their constructors are not Aspire's and therefore not public.
        Services.AddSingleton(s => new ResourceNotificationService(s.GetRequiredService<IOptions<ResourceNotificationServiceOptions>>()));
        Services.AddSingleton(s => new ResourceLoggerService(
            s.GetRequiredService<ResourceNotificationService>(), s.GetRequiredService<IOptions<LocalHostingOptions>>()));
        Services.AddSingleton(s => new ResourceCommandService(s));
        // First, so that it ends last: a person may watch the end, and the first process already knows where its telemetry goes.
        Services.AddSingleton<DashboardHost>();
        Services.AddHostedService(services => services.GetRequiredService<DashboardHost>());
        Services.AddSingleton<Orchestrator>();
        Services.AddHostedService(services => services.GetRequiredService<Orchestrator>());
        Services.AddOptions<LocalHostingOptions>().BindConfiguration(LocalHostingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        // The orchestrator bounds each stop by itself; a shorter limit here would leave the last ones to the guards.
        Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        // Without a dashboard nobody could mend a broken dependency by hand, so Aspire does not wait for one either.
        Services.Configure<ResourceNotificationServiceOptions>(o => o.DefaultWaitBehavior = WaitBehavior.StopOnResourceUnavailable);
    }

    // The children's lines are the output; of the host only what a person must know. In tests even that stays in memory.
    private static void Quieten(ILoggingBuilder logging, bool testing)
    {
        logging.ClearProviders();
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // Run prints the one sentence that matters
        logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None); // states are ours to tell
        if (!testing)
        {
            logging.AddConsoleFormatter<AppHostLineFormatter, ConsoleFormatterOptions>();
            logging.AddConsole(console => console.FormatterName = AppHostLineFormatter.FormatterName);
        }
    }

    private static DistributedApplicationOperation OperationFrom(ConfigurationManager configuration) =>
        string.Equals(configuration["operation"], "publish", StringComparison.OrdinalIgnoreCase) || configuration["publisher"] is not null
            ? DistributedApplicationOperation.Publish
            : DistributedApplicationOperation.Run;

    private static string? ProjectDirectoryOf(Assembly? assembly) => assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(a => string.Equals(a.Key, ProjectPathMetadata, StringComparison.OrdinalIgnoreCase))?.Value;
}

internal sealed record AppHostFacts(bool Testing, string Directory, Assembly? Assembly, bool DisableDashboard);
