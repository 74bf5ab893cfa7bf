namespace WaAspire.Worker.Observability;

/// <summary>The lane loop's signs of life, for readiness: when it last turned, and since when it has not caught up.</summary>
public sealed class LoopPulse(TimeProvider time)
{
    private long _beat;
    private long _caughtUp;

    /// <summary>Null before the first turn.</summary>
    public TimeSpan? SinceBeat => Since(Volatile.Read(ref _beat));

    /// <summary>How long due lanes have been waiting for a free hand; null before the first turn.</summary>
    public TimeSpan? Behind => Since(Volatile.Read(ref _caughtUp));

    public void Beat() => Volatile.Write(ref _beat, time.GetTimestamp());

    /// <summary>Fewer lanes taken than there were hands means that no due lane was left.</summary>
    public void Took(int taken, int asked)
    {
        if (taken < asked || Volatile.Read(ref _caughtUp) == 0)
        {
            Volatile.Write(ref _caughtUp, time.GetTimestamp());
        }
    }

    private TimeSpan? Since(long timestamp) => timestamp == 0 ? null : time.GetElapsedTime(timestamp);
}
