using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Kit;

/// <summary>
/// The whole product as its AppHost describes it: real processes, a real redis-server, the stand-ins of Google and Meta.
/// One of them serves many tests; each test brings an account of its own. Tests that need it otherwise derive from it.
/// </summary>
public class RunningSystem : IAsyncLifetime, ISystemDoors
{
    public const string ProjectId = "demo-waaspire";
    public const string InternalToken = "local-internal-token";

    private DistributedApplication? _app;
    private IHost? _stores;

    public DistributedApplication App => _app!;

    public HttpClient Proxy { get; private set; } = null!;

    public HttpClient Worker { get; private set; } = null!;

    public HttpClient WhatsApp { get; private set; } = null!;

    public HttpClient Firebase { get; private set; } = null!;

    public HttpClient Auth { get; private set; } = null!;

    /// <summary>The product's own client, as admin.</summary>
    public IFirestore Firestore { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.WaAspire_AppHost>(
            [.. Arguments, $"--Demo:Sockets={HasSockets}"], (options, _) => options.DisableDashboard = !HasDashboard);
        var worker = builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(project => project.Name == "worker"));
        foreach (var (name, value) in WorkerDurations)
        {
            worker.WithEnvironment(name, value);
        }

        Configure(worker);
        _app = await builder.BuildAsync();
        await _app.StartAsync();
        foreach (var resource in new[] { "redis", "firebase", "whatsapp", "sockets", "worker", "proxy" }.Where(name => builder.Resources.Any(resource => resource.Name == name)))
        {
            await WaitUntilHealthyAsync(resource);
        }

        Proxy = _app.CreateHttpClient("proxy", "http");
        Worker = _app.CreateHttpClient("worker", "http");
        WhatsApp = _app.CreateHttpClient("whatsapp", "http");
        Firebase = _app.CreateHttpClient("firebase", "firestore");
        Auth = _app.CreateHttpClient("firebase", "auth");
        Firestore = ConnectStore(_app.GetEndpoint("firebase", "firestore").Authority);
    }

    public async Task DisposeAsync()
    {
        _stores?.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }

    /// <summary>The replicas of a resource, those that have ended among them.</summary>
    public IReadOnlyList<Replica> Replicas(string resource) => [.. App.ResourceNotifications.Current().Where(seen => seen.Resource.Name == resource).Select(AsReplica)];

    public async Task CommandAsync(string resourceId, string command) =>
        Assert.True((await App.ResourceCommands.ExecuteCommandAsync(resourceId, command)).Success, $"{command} of {resourceId}");

    public async Task WaitUntilHealthyAsync(string resource)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120), TimeProvider.System);
        await App.ResourceNotifications.WaitForResourceHealthyAsync(resource, limit.Token);
    }

    /// <summary>The AppHost's command line.</summary>
    protected virtual string[] Arguments => [];

    /// <summary>Whether accounts that are paired by QR code can live here: their stand-in takes Node a second to start.</summary>
    protected virtual bool HasSockets => false;

    /// <summary>Whether Microsoft's dashboard runs beside it and gets all telemetry.</summary>
    protected virtual bool HasDashboard => false;

    /// <summary>A tenth of production's, unless the suite runs in full.</summary>
    protected virtual IEnumerable<KeyValuePair<string, string>> WorkerDurations => Durations.AsEnvironment();

    /// <summary>What a test waits for, but no protocol rests on, is shorter still.</summary>
    protected virtual void Configure(IResourceBuilder<ProjectResource> worker) =>
        worker.WithEnvironment("Recovery__AdoptEvery", "00:00:02").WithEnvironment("Accounts__RefreshEvery", "00:00:02");

    // One that has ended has no process id any more.
    private static Replica AsReplica(ResourceEvent seen) =>
        seen.Snapshot.Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value is { } pid
            ? new Replica(seen.ResourceId, Convert.ToInt32(pid, System.Globalization.CultureInfo.InvariantCulture), seen.Snapshot.State?.Text == KnownResourceStates.Running)
            : new Replica(seen.ResourceId, 0, IsRunning: false);

    private IFirestore ConnectStore(string authority)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["FIREBASE_PROJECT_ID"] = ProjectId;
        builder.Configuration["FIRESTORE_EMULATOR_HOST"] = authority;

        // A test reads a mountain now and then, on a machine that has other things to do: it is in no hurry.
        builder.Configuration["Firestore:ReadTimeout"] = builder.Configuration["Firestore:CommitTimeout"] = "00:01:00";
        builder.AddFirestore();
        _stores = builder.Build();
        return _stores.Services.GetRequiredService<IFirestore>();
    }
}

/// <param name="Id">The resource's id, for commands.</param>
/// <param name="ProcessId">Of the real process, for signals; 0 where there is none.</param>
/// <param name="IsRunning">Whether it ran when it was asked.</param>
public sealed record Replica(string Id, int ProcessId, bool IsRunning);

[CollectionDefinition(Name)]
public sealed class RunningSystemGroup : ICollectionFixture<RunningSystem>
{
    public const string Name = "running system";
}
