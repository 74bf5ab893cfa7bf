using System.Diagnostics.Metrics;
using WaAspire.Messaging.Leasing;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Observability;

/// <summary>What this worker can show of itself, and of accounts, from memory: asking costs nothing.</summary>
public sealed class WorkerGauges : IHostedService, IDisposable
{
    private static readonly HashSet<string> _statuses =
        ["connected", "connecting", "qr_ready", "awaiting_scan", "reconnecting", "disconnected", "needs_qr", "logged_out", "deleted", "passive"];

    private readonly Meter _meter;

    public WorkerGauges(
        AccountDirectory accounts, OwnedAccounts owned, InstanceDirectory instances, ResilientLanes lanes, HeldLaneKeeper held, LoopPulse pulse, IMeterFactory meters)
    {
        _meter = meters.Create(WorkerMetrics.MeterName);
        _meter.CreateObservableGauge("waaspire.accounts", () => ByStatus(accounts), "{account}", "Accounts that this worker knows, by provider and stored status");
        _meter.CreateObservableGauge("waaspire.accounts.deaf", () => accounts.All.Count(account => account.IsDeaf), "{account}", "Accounts whose socket is open and hears nothing");
        _meter.CreateObservableGauge("waaspire.accounts.held", () => owned.All.Count, "{account}", "Accounts whose session this worker holds");
        _meter.CreateObservableGauge("waaspire.instances", () => instances.Living.Count, "{instance}", "Workers that live, as this one sees it");
        _meter.CreateObservableGauge("waaspire.lanes.held", () => held.Count, "{lane}", "Lanes in this worker's hand");
        _meter.CreateObservableGauge("waaspire.lanes.shared", () => lanes.IsShared ? 1 : 0, "{fleet}", "1 while the fleet shares its lanes in Redis, 0 while this worker is on its own");
        _meter.CreateObservableGauge("waaspire.loop.silence", () => Seconds(pulse.SinceBeat), "s", "Since the lane loop last turned");
        _meter.CreateObservableGauge("waaspire.loop.behind", () => Seconds(pulse.Behind), "s", "How long due lanes have been waiting for a free hand");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<double>> Seconds(TimeSpan? span) => span is { } known ? [new Measurement<double>(known.TotalSeconds)] : [];

    /// <summary>A status that no version knows is one word, so that the set stays small.</summary>
    private static IEnumerable<Measurement<int>> ByStatus(AccountDirectory accounts) => accounts.All
        .GroupBy(account => (account.Provider, Status: _statuses.Contains(account.Status ?? "") ? account.Status : "other"))
        .Select(group => new Measurement<int>(group.Count(), new("provider", group.Key.Provider == Account.Baileys ? Account.Baileys : "cloud_api"), new("status", group.Key.Status)));
}
