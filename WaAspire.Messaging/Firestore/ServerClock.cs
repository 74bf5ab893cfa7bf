namespace WaAspire.Messaging.Firestore;

/// <summary>
/// Firestore's time, as far as its answers have told it: the last read or commit time plus the monotonic time since.
/// It is what we write into documents and compare them with; the local wall clock decides nothing and may be wrong by hours.
/// It never runs backwards, and lags by the way home of one answer.
/// </summary>
public sealed class ServerClock(TimeProvider time)
{
    // Answers overtake each other, so an observation behind our estimate is normally just an old one. A base older than
    // this is given up for it all the same: otherwise a local oscillator that runs fast would carry us ahead for ever.
    private static readonly TimeSpan BaseLifetime = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private DateTimeOffset? _observed;
    private long _observedAt;
    private long _lastAnswerAt;
    private DateTimeOffset _latest;

    /// <exception cref="InvalidOperationException">Nothing was observed yet: read or commit first.</exception>
    public DateTimeOffset Now
    {
        get
        {
            lock (_gate)
            {
#if MUTATION_LocalClock
                return time.GetUtcNow();
#endif
                var now = Estimate_NeedsLock() ?? throw new InvalidOperationException("Firestore has told no time yet.");
                // Whole microseconds, as Firestore stores them, so that a value read back equals the one written.
                now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
                return _latest = now > _latest ? now : _latest;
            }
        }
    }

    /// <summary>Null before the first observation.</summary>
    public TimeSpan? SinceObservation
    {
        get
        {
            lock (_gate)
                return _observed is null ? null : time.GetElapsedTime(_lastAnswerAt);
        }
    }

    public void Observe(DateTimeOffset serverTime)
    {
        lock (_gate)
        {
            _lastAnswerAt = time.GetTimestamp();
            if (Estimate_NeedsLock() is { } estimate && serverTime < estimate && time.GetElapsedTime(_observedAt) < BaseLifetime)
                return;
            _observed = serverTime;
            _observedAt = _lastAnswerAt;
        }
    }

    private DateTimeOffset? Estimate_NeedsLock() => _observed + time.GetElapsedTime(_observedAt);
}
