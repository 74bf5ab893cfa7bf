namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// The database's clock, microseconds. Commit times rise strictly, and a commit is always later than every read time
/// given out before it, even when the machine's clock stands still or goes back. Callers hold the database's lock.
/// </summary>
/// <param name="last">The last commit of an earlier life; the next one is later.</param>
internal sealed class CommitClock(TimeProvider time, long last)
{
    private long _last = last;

    public long Read_NeedsLock() => _last = Math.Max(_last, Timestamps.FromTime(time.GetUtcNow()));

    public long Commit_NeedsLock() => _last = Math.Max(_last + 1, Timestamps.FromTime(time.GetUtcNow()));
}
