using System.Diagnostics.Metrics;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Observability;

/// <summary>What the worker counts and times. Names are contract.</summary>
public sealed class WorkerMetrics : IDisposable
{
    public const string MeterName = "WaAspire.Worker";

    private readonly Meter _meter;
    private readonly Counter<long> _outcomes;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _rescued;
    private readonly Counter<long> _doubtsEnded;
    private readonly Counter<long> _expired;
    private readonly Counter<long> _adopted;
    private readonly Counter<long> _swept;
    private readonly Counter<long> _paced;
    private readonly Histogram<double> _sendSeconds;
    private readonly TimeProvider _time;

    public WorkerMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        _meter = meters.Create(MeterName);
        _outcomes = _meter.CreateCounter<long>("waaspire.outbox.outcomes", "{message}", "Recorded outcomes of attempts, by outcome");
        _dropped = _meter.CreateCounter<long>("waaspire.outbox.outcomes_out_of_date", "{message}", "Outcomes that somebody else's decision had overtaken");
        _duplicates = _meter.CreateCounter<long>("waaspire.outbox.duplicates", "{message}", "Messages with two provider ids");
        _rescued = _meter.CreateCounter<long>("waaspire.outbox.rescued", "{message}", "Claims that ran out without an outcome");
        _doubtsEnded = _meter.CreateCounter<long>("waaspire.outbox.doubts_ended", "{message}", "Doubts that a policy ended without proof, by policy");
        _expired = _meter.CreateCounter<long>("waaspire.outbox.expired", "{message}", "Messages whose time ran out before they were claimed");
        _adopted = _meter.CreateCounter<long>("waaspire.outbox.adopted", "{message}", "Documents of the old system taken over");
        _swept = _meter.CreateCounter<long>("waaspire.sweep.found", "{message}", "Documents that a sweep looked at");
        _paced = _meter.CreateCounter<long>("waaspire.pacing.waits", "{lane}", "Lanes put aside because their number or recipient must wait");
        _sendSeconds = _meter.CreateHistogram<double>("messaging.client.operation.duration", "s", "Time of one call to the provider");
    }

    public void Recorded(SendOutcome outcome) => _outcomes.Add(1, Outcome(outcome));

    public void OutcomeDropped() => _dropped.Add(1);

    public void DuplicateAccepted() => _duplicates.Add(1);

    public void Rescued() => _rescued.Add(1);

    public void DoubtEnded(UnknownOutcomePolicy policy) => _doubtsEnded.Add(1, new KeyValuePair<string, object?>("policy", policy.ToString()));

    public void Expired() => _expired.Add(1);

    public void Adopted(int count) => _adopted.Add(count);

    public void Paced() => _paced.Add(1);

    /// <summary>How many accounts do not send, asked whenever somebody measures.</summary>
    public void ObservePaused(Func<IEnumerable<Measurement<int>>> paused) =>
        _meter.CreateObservableGauge("waaspire.accounts.paused", paused, "{account}", "Accounts that do not send, by reason");

    /// <summary>Messages by state and the age of the oldest one due, as they were counted last.</summary>
    public void ObserveDepth(Func<IEnumerable<Measurement<long>>> depth, Func<IEnumerable<Measurement<long>>> lag)
    {
        _meter.CreateObservableGauge("waaspire.outbox.depth", depth, "{message}", "Unfinished messages of the whole fleet, by state");
        _meter.CreateObservableGauge("waaspire.outbox.oldest_due_age", lag, "s", "Age of the oldest queued message whose time has come");
    }

    public void Swept(int count) => _swept.Add(count);

    public long SendStarts() => _time.GetTimestamp();

    public void SendEnded(long started, SendOutcome outcome) => _sendSeconds.Record(_time.GetElapsedTime(started).TotalSeconds, Outcome(outcome));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Outcome(SendOutcome outcome) => new("outcome", outcome.GetType().Name);
}
