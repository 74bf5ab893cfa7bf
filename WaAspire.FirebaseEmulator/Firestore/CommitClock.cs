namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// The database's clock, microseconds. Commit times rise strictly, and a commit is always later than every read time
/// given out before it, even when the machine's clock stands still or goes back. Callers hold the database's lock.
/// </summary>
internal sealed class CommitClock(TimeProvider time)
{
    private long _last;

    public long Read_NeedsLock() => _last = Math.Max(_last, Timestamps.FromTime(time.GetUtcNow()));

    public long Commit_NeedsLock() => _last = Math.Max(_last + 1, Timestamps.FromTime(time.GetUtcNow()));
}
