using System.Diagnostics.Metrics;
using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// How this worker's sessions fare, from memory: for readiness and for metrics. A session that is open and hears nothing,
/// or whose gateway leaves commands without an answer, is shown, but takes nobody out: the other accounts of this worker
/// are well, and elsewhere it would be as deaf.
/// </summary>
public sealed class SessionHealth : IDisposable
{
    /// <summary>A list for people; the metric has the number.</summary>
    private const int NamedMax = 20;

    private readonly OwnedAccounts _owned;
    private readonly GatewayClient _gateway;
    private readonly Meter _meter;
    private readonly Counter<long> _reconnects;
    private readonly Counter<long> _deafRestarts;

    public SessionHealth(OwnedAccounts owned, GatewayClient gateway, IMeterFactory meters)
    {
        (_owned, _gateway) = (owned, gateway);
        _meter = meters.Create("WaAspire.Worker");
        _meter.CreateObservableGauge("waaspire.sessions", Count, "{session}", "Sessions that this worker holds, by how they stand: connected, degraded (open, but deaf, or its gateway gives no answer) or away");
        _reconnects = _meter.CreateCounter<long>("waaspire.sessions.reconnects", "{reconnect}", "Connections of sessions that had to be made anew");
        _deafRestarts = _meter.CreateCounter<long>("waaspire.sessions.deaf_restarts", "{restart}", "Connections that were made anew because nobody answered on them");
    }

    /// <summary>Accounts whose session should be open and hears nothing, at most 20.</summary>
    public IReadOnlyList<string> Degraded =>
        [.. _owned.All.Where(IsDegraded).Select(held => held.AccountId).Order(StringComparer.Ordinal).Take(NamedMax)];

    internal void Reconnected(long times, bool wasDeaf)
    {
        _reconnects.Add(times);
        _deafRestarts.Add(wasDeaf ? times : 0);
    }

    public void Dispose() => _meter.Dispose();

    private bool IsDegraded(OwnedAccount held) => held.IsDegraded || (held.IsConnected && _gateway.IsMute);

    private IEnumerable<Measurement<int>> Count() => _owned.All
        .GroupBy(held => IsDegraded(held) ? "degraded" : held.IsConnected ? "connected" : "away")
        .Select(group => new Measurement<int>(group.Count(), new KeyValuePair<string, object?>("state", group.Key)));
}
