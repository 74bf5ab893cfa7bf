using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WaAspire.LocalHosting.Building;
using WaAspire.LocalHosting.Health;
using WaAspire.LocalHosting.Watching;

namespace WaAspire.LocalHosting.Running;

/// <summary>
/// Enters: the model. Leaves: running processes; at the end none. Start is in two halves: first everything that can be
/// known to be wrong is checked and every port is given out, then each resource starts in the background when what it
/// waits for is there. Stop goes the other way: a resource stops when all that waited for it has stopped.
/// </summary>
internal sealed class Orchestrator(
    DistributedApplicationModel model, DistributedApplicationExecutionContext execution, AppHostFacts appHost,
    ResourceNotificationService notifications, ResourceLoggerService logs, HealthCheckService checks,
    IOptions<HealthCheckServiceOptions> registrations, IConfiguration configuration,
    IHostEnvironment hostEnvironment, IOptions<LocalHostingOptions> options, IOptions<ResourceNotificationServiceOptions> waiting,
    TimeProvider time, ILogger<Orchestrator> logger) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<ResourceRun> _runs = [];
    private readonly List<Task> _work = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
            throw new DistributedApplicationException("WaAspire.LocalHosting needs a POSIX sh: on Windows use WSL, or build with -p:AspirePackages=true.");
        if (execution.IsPublishMode)
            throw new DistributedApplicationException("Publishing needs Microsoft's packages: build the AppHost with -p:AspirePackages=true.");
        try
        {
            Prepare();
        }
        catch
        {
            await DisposeRunsAsync();
            throw;
        }

        foreach (var run in _runs)
            LocalHostingLog.EndpointsAllocated(logger, run.Resource.Name, string.Join(", ", run.Endpoints.Select(e => e.Endpoint.AllocatedEndpoint)));
        await AnnounceAsync();
        foreach (var run in _runs)
        {
            _work.AddRange(run.Replicas.Select(replica => StartWhenReadyAsync(run, replica)));
            if (run.Health is { } health)
                _work.Add(UntilStoppedAsync(health.RunAsync(_stopping.Token)));
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_stopping.IsCancellationRequested)
            return;
        LocalHostingLog.Stopping(logger, options.Value.StopGrace);
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_work);
        }
        finally
        {
            // Whatever a bug did to the loops: no process stays behind.
            var stops = new Dictionary<IResource, Task>();
            await Task.WhenAll(_runs.Select(run => StopAfterDependantsAsync(run, stops)));
            await DisposeRunsAsync();
        }
    }

    public void Dispose() => _stopping.Dispose();

    public IReadOnlyList<Replica> ReplicasOf(IResource resource) => _runs.Find(r => ReferenceEquals(r.Resource, resource))?.Replicas ?? [];

    /// <summary>By replica id, or by the name of a resource that has only one.</summary>
    public IReadOnlyList<Replica> ReplicasNamed(string id)
    {
        var byId = _runs.SelectMany(r => r.Replicas).Where(r => string.Equals(r.Id, id, StringComparison.OrdinalIgnoreCase)).ToList();
        return byId.Count > 0 ? byId
            : _runs.Find(r => r.Replicas.Count == 1 && string.Equals(r.Resource.Name, id, StringComparison.OrdinalIgnoreCase))?.Replicas ?? [];
    }

    private void Prepare()
    {
        Waits.RequireNoCircle(model.Resources);
        RequireChecks();
        var processes = model.Resources.Where(LaunchPlanner.IsProcess).ToList();
        var plans = processes.ConvertAll(LaunchPlanner.For);
        var console = appHost.Testing ? null : new ConsoleLogWriter(Console.Out, processes.Select(Replica.LongestNameFor), ConsoleLogWriter.TerminalHasColors);
        var house = new Running(
            notifications, logs, console, new ChildEnvironment(execution, hostEnvironment, configuration), options.Value, time, logger);
        // Tests get random ports even where the model names fixed ones; Aspire's own switch turns that off.
        var randomizePorts = configuration.GetValue("DcpPublisher:RandomizePorts", appHost.Testing);
        for (var i = 0; i < processes.Count; i++)
        {
            _runs.Add(new ResourceRun(processes[i], i, plans[i], house, randomizePorts) { Health = HealthOf(processes[i]) });
            _runs[i].OpenForwarders();
        }
    }

    // A key that nobody registered would be healthy by having nothing to say.
    private void RequireChecks()
    {
        var registered = registrations.Value.Registrations.Select(r => r.Name).ToHashSet();
        foreach (var resource in model.Resources)
        {
            if (resource.Annotations.OfType<HealthCheckAnnotation>().FirstOrDefault(a => !registered.Contains(a.Key)) is { } unknown)
                throw new DistributedApplicationException($"Resource '{resource.Name}' wants the health check '{unknown.Key}', which is not registered.");
        }
    }

    private HealthLoop? HealthOf(IResource resource) => resource.Annotations.OfType<HealthCheckAnnotation>().Any()
        ? new HealthLoop(resource, checks, notifications, options.Value, logger)
        : null;

    // Before the first start everything has a snapshot: a wait for something unknown would never end.
    private async Task AnnounceAsync()
    {
        foreach (var resource in model.Resources.Where(r => !LaunchPlanner.IsProcess(r)))
        {
            var value = await ValueOfAsync(resource);
            await notifications.PublishUpdateAsync(resource, resource.Name, s => s with
            {
                State = KnownResourceStates.Running,
                HealthStatus = HealthStatus.Healthy,
                Properties = value is null ? [] : [value],
            });
        }

        foreach (var replica in _runs.SelectMany(r => r.Replicas))
        {
            await replica.PublishAsync(s => s with
            {
                State = KnownResourceStates.NotStarted,
                CreationTimeStamp = time.GetUtcNow().UtcDateTime,
            });
        }
    }

    // A value that is missing names itself when the first process asks for it; until then it is only not shown.
    private static async Task<ResourcePropertySnapshot?> ValueOfAsync(IResource resource)
    {
        try
        {
            return resource switch
            {
                ParameterResource parameter => new("Value", await parameter.GetValueAsync(default)) { IsSensitive = parameter.Secret },
                IResourceWithConnectionString source => new("resource.connectionString", await source.GetConnectionStringAsync()) { IsSensitive = true },
                _ => null,
            };
        }
        catch (DistributedApplicationException)
        {
            return null;
        }
    }

    private async Task StartWhenReadyAsync(ResourceRun run, Replica replica)
    {
        try
        {
            if (Waits.Of(run.Resource).Any())
                await replica.PublishAsync(s => s with { State = KnownResourceStates.Waiting });
            await Waits.PassAsync(run.Resource, notifications, waiting.Value.DefaultWaitBehavior, _stopping.Token);
        }
        catch (DistributedApplicationException fault)
        {
            await replica.FailAsync(fault.Message);
            return;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await replica.StartAsync(_stopping.Token);
        }
        catch (DistributedApplicationException)
        {
            // The replica has published and logged it; the others go on.
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // We stop before it began.
        }
    }

    private async Task UntilStoppedAsync(Task loop)
    {
        try
        {
            await loop;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }

    // A worker that drains still needs its stores. Prepare refused circles, so this recursion ends.
    private Task StopAfterDependantsAsync(ResourceRun run, Dictionary<IResource, Task> stops)
    {
        if (stops.TryGetValue(run.Resource, out var known))
            return known;
        var dependants = _runs.Where(r => Waits.Of(r.Resource).Any(w => ReferenceEquals(w.Resource, run.Resource)))
            .Select(r => StopAfterDependantsAsync(r, stops)).ToList();
        return stops[run.Resource] = StopAsync();

        async Task StopAsync()
        {
            await Task.WhenAll(dependants);
            await run.StopAsync();
        }
    }

    private async Task DisposeRunsAsync()
    {
        foreach (var run in _runs)
            await run.DisposeAsync();
        _runs.Clear();
    }
}
