namespace WaAspire.Worker.Sending;

/// <summary>Full jitter: a random point between now and a limit that doubles with each attempt.</summary>
public static class RetrySchedule
{
    /// <param name="attempt">Attempts made so far, from 1.</param>
    /// <param name="firstStep">Limit after the first attempt.</param>
    /// <param name="cap">Highest limit.</param>
    /// <param name="chance">A number in [0, 1).</param>
    public static TimeSpan Next(long attempt, TimeSpan firstStep, TimeSpan cap, double chance)
    {
        var doublings = (int)Math.Clamp(attempt - 1, 0, 30);
        var limit = Math.Min(cap.TotalMilliseconds, firstStep.TotalMilliseconds * Math.Pow(2, doublings));
        return TimeSpan.FromMilliseconds(limit * chance);
    }
}
