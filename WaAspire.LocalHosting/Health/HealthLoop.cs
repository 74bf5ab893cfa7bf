using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace WaAspire.LocalHosting.Health;

/// <summary>
/// Enters: the health checks of one resource. Leaves: reports in the snapshot of each of its running replicas.
/// Checks often until the first success after a start, then seldom, then sooner again while it fails.
/// </summary>
internal sealed class HealthLoop(
    IResource resource, HealthCheckService checks, ResourceNotificationService notifications, LocalHostingOptions options, ILogger logger)
    : IDisposable
{
    private const int MaxFailureFactor = 5;
    private static readonly TimeSpan s_failurePeriod = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _keys = [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(a => a.Key)];
    private readonly SemaphoreSlim _started = new(0, 1);
    private volatile int _starts;
    private volatile bool _wasHealthy;
    private int _failures;

    /// <summary>A replica came up: what was known is old.</summary>
    public void ReplicaStarted()
    {
        lock (_started)
        {
            _starts++;
            _wasHealthy = false;
            if (_started.CurrentCount == 0)
                _started.Release();
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            if (AnyRuns())
                await CheckAsync(stopping);
            await _started.WaitAsync(AnyRuns() ? NextPeriod() : Timeout.InfiniteTimeSpan, stopping);
        }
    }

    public void Dispose() => _started.Dispose();

    private async Task CheckAsync(CancellationToken stopping)
    {
        var starts = _starts;
        var report = await checks.CheckHealthAsync(c => _keys.Contains(c.Name), stopping);
        if (starts != _starts)
            return; // a process has started since: the answer may be its predecessor's
        var healthy = report.Status == HealthStatus.Healthy;
        if (healthy && (!_wasHealthy || _failures > 0))
            LocalHostingLog.Healthy(logger, resource.Name);
        else if (!healthy && _wasHealthy && _failures == 0)
            LocalHostingLog.Unhealthy(logger, resource.Name, string.Join("; ", report.Entries.Select(e => e.Value.Description)));
        _failures = healthy ? 0 : _failures + 1;
        _wasHealthy |= healthy;
        foreach (var replica in notifications.ReplicasOf(resource))
            await notifications.PublishUpdateAsync(resource, replica.ResourceId, before => IsRunning(before) ? WithReport(before, report) : before);
    }

    private TimeSpan NextPeriod() => (_wasHealthy, _failures) switch
    {
        (false, _) => options.StartingHealthPeriod,
        (true, 0) => options.HealthyPeriod,
        (true, var failures) => s_failurePeriod * Math.Min(failures, MaxFailureFactor),
    };

    private bool AnyRuns() => notifications.ReplicasOf(resource).Any(e => IsRunning(e.Snapshot));

    private static bool IsRunning(CustomResourceSnapshot snapshot) => snapshot.State?.Text == KnownResourceStates.Running;

    private static CustomResourceSnapshot WithReport(CustomResourceSnapshot before, HealthReport report) => before with
    {
        HealthStatus = report.Status,
        HealthReports = [.. report.Entries.Select(e =>
            new HealthReportSnapshot(e.Key, e.Value.Status, e.Value.Description, e.Value.Exception?.Message))],
    };
}
