using System.Collections.Immutable;
using System.Security.Cryptography;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace WaAspire.LocalHosting.Running;

/// <summary>
/// One process of a resource over its lives. Enters: start, stop, restart, one at a time. Leaves: snapshots and lines.
/// A process that ends by itself stays ended, as with Aspire; a start gives it the same ports and the same id.
/// </summary>
internal sealed class Replica(ResourceRun run, int index, Running environment) : IDisposable
{
    private const int SuffixLength = 8;
    private const string PidProperty = "executable.pid";

    private readonly SemaphoreSlim _turn = new(1);
    private GuardedProcess? _process;
    private Task _watch = Task.CompletedTask;
    private bool _stopping;

    /// <summary>The last eight characters of the id: what telemetry calls the instance.</summary>
    public string InstanceId { get; } = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", SuffixLength);

    public string Id => $"{run.Resource.Name}-{InstanceId}";

    public IResource Resource => run.Resource;

    /// <summary>What stands before its lines: the resource's name, or its own where there are several.</summary>
    private string DisplayName => run.Replicas.Count == 1 ? run.Resource.Name : Id;

    /// <summary>As wide as a display name of this resource can become; known before there are replicas.</summary>
    public static string LongestNameFor(IResource resource) =>
        ResourceRun.ReplicasWished(resource) == 1 ? resource.Name : resource.Name + "-" + new string('x', SuffixLength);

    /// <summary>False if it runs already.</summary>
    public async Task<bool> StartAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await StartInTurnAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>False if it does not run.</summary>
    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await StopInTurnAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task<bool> RestartAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await StopInTurnAsync(cancellationToken);
            return await StartInTurnAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    public Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) =>
        environment.Notifications.PublishUpdateAsync(run.Resource, Id, change);

    private async Task<bool> StartInTurnAsync(CancellationToken cancellationToken)
    {
        if (_process is { Exited.IsCompleted: false })
            return false;
        await _watch; // what there is to say about the last life is said
        await PublishAsync(before => before with { State = KnownResourceStates.Starting, ExitCode = null, StopTimeStamp = null });
        try
        {
            var spec = await run.SpecForAsync(this, index, cancellationToken);
            _stopping = false;
            var process = _process = GuardedProcess.Start(spec, environment.Options, OnLine, environment.Time);
            var pid = await process.Pid.WaitAsync(cancellationToken);
            await PublishAsync(before => Running(before, pid, spec));
            run.Health?.ReplicaStarted();
            _watch = WatchAsync(process);
            return true;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await FailAsync(fault.Message);
            throw fault as DistributedApplicationException ?? new DistributedApplicationException($"{Id} did not start: {fault.Message}", fault);
        }
    }

    public Task FailAsync(string reason)
    {
        LocalHostingLog.FailedToStart(environment.Logger, Id, reason);
        environment.Logs.BacklogOf(Id).Append(reason, isError: true);
        return PublishAsync(before => Ended(before, KnownResourceStates.FailedToStart, exitCode: null));
    }

    private async Task<bool> StopInTurnAsync(CancellationToken cancellationToken)
    {
        if (_process is not { Exited.IsCompleted: false } process)
            return false;
        _stopping = true;
        await PublishAsync(before => before with { State = KnownResourceStates.Stopping, HealthStatus = null, HealthReports = [] });
        await process.StopAsync(environment.Options.StopGrace, cancellationToken);
        await _watch;
        return true;
    }

    private async Task WatchAsync(GuardedProcess process)
    {
        var code = await process.Exited;
        if (!_stopping)
            LocalHostingLog.EndedByItself(environment.Logger, Id, code);
        var state = run.Resource is ContainerResource ? KnownResourceStates.Exited : KnownResourceStates.Finished;
        await PublishAsync(before => Ended(before, state, code));
    }

    private void OnLine(string line, bool isError)
    {
        environment.Logs.BacklogOf(Id).Append(line, isError);
        environment.Console?.Write(DisplayName, run.Index, line);
    }

    private CustomResourceSnapshot Running(CustomResourceSnapshot before, int pid, LaunchSpec spec) => before with
    {
        State = KnownResourceStates.Running,
        StartTimeStamp = environment.Time.GetUtcNow().UtcDateTime,
        HealthStatus = run.Health is null ? HealthStatus.Healthy : null,
        HealthReports = [],
        Properties = [new("executable.path", spec.Command), new("executable.workDir", spec.WorkingDirectory), new(PidProperty, pid)],
        EnvironmentVariables = [.. spec.Environment.Select(e => new EnvironmentVariableSnapshot(e.Key, e.Value, IsFromSpec: !IsInherited(e.Key, e.Value)))],
        Urls = [.. run.Endpoints.SelectMany(UrlsOf)],
    };

    private static bool IsInherited(string name, string value) => Environment.GetEnvironmentVariable(name) == value;

    // The public one, what else is said of it, and where several replicas share it, the one of this replica alone.
    private IEnumerable<UrlSnapshot> UrlsOf(EndpointPlan plan)
    {
        var (name, url) = (plan.Endpoint.Name, plan.Endpoint.AllocatedEndpoint!.UriString);
        yield return new(name, url, IsInternal: false);
        foreach (var said in run.Resource.Annotations.OfType<UrlOfEndpoint>().Where(said => said.EndpointName == name).Select(said => said.Read()))
            yield return new(name, new Uri(new Uri(url), said.Url).ToString(), IsInternal: false) { DisplayText = said.DisplayText ?? "" };
        if (plan.TargetPorts.Count > 1)
            yield return new($"{name} target port", new UriBuilder(url) { Port = plan.TargetPorts[index] }.Uri.GetLeftPart(UriPartial.Authority), IsInternal: true);
    }

    // Without the pid: by now it may be somebody else's.
    private CustomResourceSnapshot Ended(CustomResourceSnapshot before, string state, int? exitCode) => before with
    {
        State = state,
        ExitCode = exitCode,
        StopTimeStamp = environment.Time.GetUtcNow().UtcDateTime,
        HealthStatus = null,
        HealthReports = [],
        Properties = [.. before.Properties.Where(p => p.Name != PidProperty)],
    };
}
