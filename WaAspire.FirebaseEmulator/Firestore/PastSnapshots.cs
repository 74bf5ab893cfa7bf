namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// Snapshots of the last commits, for reads at a time in the past. Bounded by the number of document changes they
/// hold on to, not by Google's hour. Callers hold the database's lock.
/// </summary>
/// <param name="oldest">Before this moment nothing is known.</param>
internal sealed class PastSnapshots(long oldest = 0)
{
    private const int MaxChanges = 20_000;
    private readonly Queue<(Snapshot Before, long CommitTime, int Changes)> _commits = new();
    private int _changes;
    private long _oldest = oldest;

    public void Add(Snapshot before, long commitTime, int changes)
    {
        _commits.Enqueue((before, commitTime, changes));
        _changes += changes;
        // A commit of many documents may by itself exceed the bound; it stays until the next one comes.
        while ((_changes > MaxChanges || _commits.Count > MaxChanges) && _commits.Count > 1)
        {
            var dropped = _commits.Dequeue();
            _changes -= dropped.Changes;
            _oldest = dropped.CommitTime;
        }
    }

    public Snapshot At(long readTime, Snapshot current)
    {
        if (readTime < _oldest)
            throw new RpcException(RpcCode.FailedPrecondition, "The requested read time is too old.");
        foreach (var commit in _commits)
        {
            if (commit.CommitTime > readTime)
                return commit.Before;
        }

        return current;
    }

    public void Clear()
    {
        _commits.Clear();
        _changes = 0;
    }
}
