using System.Diagnostics;
using System.Diagnostics.Metrics;
using WaAspire.Messaging;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Sending;

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
    private readonly Counter<long> _sent;
    private readonly Counter<long> _lanesLost;
    private readonly Counter<long> _lanesTakenOver;
    private readonly Histogram<double> _sendSeconds;
    private readonly Histogram<double> _queueSeconds;
    private readonly Histogram<double> _processSeconds;
    private readonly TimeProvider _time;

    public WorkerMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        _meter = meters.Create(MeterName);
        _outcomes = _meter.CreateCounter<long>("waaspire.outbox.outcomes", "{message}", "Recorded outcomes of attempts, by outcome and reason");
        _dropped = _meter.CreateCounter<long>("waaspire.outbox.outcomes_out_of_date", "{message}", "Outcomes that somebody else's decision had overtaken");
        _duplicates = _meter.CreateCounter<long>("waaspire.outbox.duplicates", "{message}", "Messages with two provider ids");
        _rescued = _meter.CreateCounter<long>("waaspire.outbox.rescued", "{message}", "Claims that ran out without an outcome");
        _doubtsEnded = _meter.CreateCounter<long>("waaspire.outbox.doubts_ended", "{message}", "Doubts that a policy ended without proof, by policy");
        _expired = _meter.CreateCounter<long>("waaspire.outbox.expired", "{message}", "Messages whose time ran out before they were claimed");
        _adopted = _meter.CreateCounter<long>("waaspire.outbox.adopted", "{message}", "Documents of the old system taken over");
        _swept = _meter.CreateCounter<long>("waaspire.sweep.found", "{message}", "Documents that a sweep looked at");
        _paced = _meter.CreateCounter<long>("waaspire.pacing.waits", "{lane}", "Lanes put aside because their number or recipient must wait");
        _lanesLost = _meter.CreateCounter<long>("waaspire.lanes.lost", "{lane}", "Lanes that were no longer this worker's when it renewed them");
        _lanesTakenOver = _meter.CreateCounter<long>("waaspire.lanes.takeovers", "{lane}", "Lanes taken whose last holder had let its hold run out");
        _sent = _meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Messages that the provider was called for");
        _sendSeconds = CreateSeconds("messaging.client.operation.duration", "Time of one call to the provider");
        _queueSeconds = CreateSeconds("waaspire.outbox.queue.duration", "From a message's place in its thread to its first claim, by the server's clock");
        _processSeconds = CreateSeconds("messaging.process.duration", "From a claim to its recorded outcome");
    }

    public void Recorded(SendOutcome outcome, ClaimedMessage claimed)
    {
        _outcomes.Add(1, Outcome(outcome), new("reason", OutcomeReason.Of(outcome)));
        _processSeconds.Record(_time.GetElapsedTime(claimed.ClaimStarted).TotalSeconds, System, Operation("process"), Outcome(outcome));
    }

    /// <summary>The first claim ends the wait in the queue; both times are Firestore's.</summary>
    public void Claimed(ClaimedMessage claimed)
    {
        if (claimed.Message is { ClaimSeq: 1, OrderAt: { } since })
        {
            _queueSeconds.Record(Math.Max(0, (claimed.Fence - since).TotalSeconds));
        }
    }

    public void LaneLost() => _lanesLost.Add(1);

    public void LanesTaken(IReadOnlyCollection<HeldLane> lanes) => _lanesTakenOver.Add(lanes.Count(lane => lane.TookOver));

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

    public void Swept(int count) => _swept.Add(count);

    public long SendStarts() => _time.GetTimestamp();

    /// <returns>How long the call took.</returns>
    public TimeSpan SendEnded(long started, SendOutcome outcome)
    {
        var took = _time.GetElapsedTime(started);
        // By OpenTelemetry's conventions for messaging: an error type only where there is an error.
        TagList tags = [System, Operation("send"), Outcome(outcome)];
        if (outcome is not SendOutcome.Accepted)
        {
            tags.Add("error.type", OutcomeReason.Of(outcome));
        }

        _sendSeconds.Record(took.TotalSeconds, tags);
        _sent.Add(1, tags);
        return took;
    }

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> System { get; } = new("messaging.system", "whatsapp");

    private static KeyValuePair<string, object?> Operation(string name) => new("messaging.operation.name", name);

    private Histogram<double> CreateSeconds(string name, string description) =>
        _meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBuckets.Seconds });

    private static KeyValuePair<string, object?> Outcome(SendOutcome outcome) => new("outcome", outcome.GetType().Name);
}
