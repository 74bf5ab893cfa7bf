using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;
using WaAspire.LocalHosting.Health;
using WaAspire.LocalHosting.Ports;
using WaAspire.LocalHosting.Watching;

namespace WaAspire.LocalHosting.Running;

/// <summary>What every replica needs of the house.</summary>
internal sealed record Running(
    ResourceNotificationService Notifications, ResourceLoggerService Logs, ConsoleLogWriter? Console,
    ChildEnvironment Environment, LocalHostingOptions Options, TimeProvider Time, ILogger Logger);

/// <summary>One resource of the model while it runs: its plan, its ports, its forwarders, its replicas, its health.</summary>
internal sealed class ResourceRun : IAsyncDisposable
{
    private readonly LaunchPlan _plan;
    private readonly Running _house;
    private readonly List<Forwarder> _forwarders = [];

    public ResourceRun(IResource resource, int index, LaunchPlan plan, Running house, bool randomizePorts)
    {
        (Resource, Index, _plan, _house) = (resource, index, plan, house);
        var count = ReplicasWished(resource);
        Endpoints = [.. resource.Annotations.OfType<EndpointAnnotation>().Select(e => EndpointPlan.Make(resource, e, count, randomizePorts))];
        Replicas = [.. Enumerable.Range(0, count).Select(i => new Replica(this, i, house))];
    }

    public IResource Resource { get; }

    /// <summary>Its place in the model; decides its colour.</summary>
    public int Index { get; }

    public IReadOnlyList<EndpointPlan> Endpoints { get; }

    public IReadOnlyList<Replica> Replicas { get; }

    /// <summary>Null if nothing checks it: then running is healthy.</summary>
    public HealthLoop? Health { get; init; }

    /// <summary>Public ports answer from here on, if only by closing the connection.</summary>
    public void OpenForwarders()
    {
        foreach (var endpoint in Endpoints.Where(e => e.NeedsForwarder))
            _forwarders.Add(Forwarder.Start(endpoint.PublicPort, endpoint.TargetPorts));
    }

    public async Task<LaunchSpec> SpecForAsync(Replica replica, int index, CancellationToken cancellationToken)
    {
        var ports = Endpoints.Select(e => (e.Endpoint, e.TargetPorts[index])).ToList();
        var environment = await _house.Environment.ForAsync(Resource, replica.InstanceId, ports, cancellationToken);
        if (Resource is RedisResource redis)
            return await RedisLaunch.FinishAsync(redis, _plan, Endpoints[0].PublicPort, environment, cancellationToken);
        var arguments = new CommandLineArgsCallbackContext([], cancellationToken);
        foreach (var annotation in Resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            await annotation.Callback(arguments);
        var texts = new List<string>(_plan.Arguments);
        foreach (var argument in arguments.Args)
            texts.Add(await ChildEnvironment.TextAsync(argument, cancellationToken) ?? "");
        return new LaunchSpec(_plan.Command, texts, _plan.WorkingDirectory, environment);
    }

    public Task StopAsync() => Task.WhenAll(Replicas.Select(r => r.StopAsync(CancellationToken.None)));

    public async ValueTask DisposeAsync()
    {
        foreach (var forwarder in _forwarders)
            await forwarder.DisposeAsync();
        foreach (var endpoint in Endpoints)
            endpoint.Return();
        foreach (var replica in Replicas)
            replica.Dispose();
        Health?.Dispose();
        if (Resource is RedisResource && Directory.Exists(_plan.WorkingDirectory))
            Directory.Delete(_plan.WorkingDirectory, recursive: true);
    }

    public static int ReplicasWished(IResource resource) => resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
}
