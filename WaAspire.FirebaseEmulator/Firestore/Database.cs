namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// One project's documents, in memory. What enters: the writes of a commit. What leaves: a new snapshot, all of it or
/// nothing of it, and the commit's time. Writers take turns under one lock; readers take the current snapshot and
/// lock nothing else. If the process dies, everything is gone (keeping it is the later persistence's work).
/// </summary>
internal sealed class Database(DatabaseName name, TimeProvider time, DocumentHistory history)
{
    private readonly Lock _lock = new();
    private readonly CommitClock _clock = new(time);
    private readonly PastSnapshots _past = new();
    private Snapshot _current = Snapshot.Empty;

    public DatabaseName Name => name;

    public DocumentHistory History => history;

    public TransactionTable Transactions { get; } = new(time);

    /// <summary>A strong read: sees every commit up to its read time, and no commit that is told a time up to it comes later.</summary>
    public ReadView Read()
    {
        lock (_lock)
            return new(_current, _clock.Read_NeedsLock());
    }

    public ReadView ReadAt(long readTime)
    {
        lock (_lock)
        {
            var now = _clock.Read_NeedsLock();
            if (readTime > now)
                throw RpcException.Invalid("The requested read time lies in the future.");
            return new(_past.At(readTime, _current), readTime);
        }
    }

    /// <summary>Applies the writes in order, each seeing those before it, or throws and applies none.</summary>
    /// <param name="judge">Security rules: given the state that the commit meets and its time, throws to refuse it.</param>
    public CommitResult Commit(IReadOnlyList<Write> writes, Transaction? transaction = null, Action<Snapshot, long>? judge = null)
    {
        CheckTransformCount(writes);
        lock (_lock)
        {
            transaction?.CheckUnchanged(_current);
            var commitTime = _clock.Commit_NeedsLock();
            judge?.Invoke(_current, commitTime);
            var changes = new Changes(_current);
            var results = new List<WriteResult>(writes.Count);
            foreach (var write in writes)
            {
                var (after, result) = WriteApplier.Apply(name, changes.Find(write.Path), write, commitTime);
                changes.Set(write.Path, after);
                results.Add(result);
            }

            Publish_NeedsLock(changes, commitTime);
            return new(commitTime, results);
        }
    }

    /// <summary>Builds the field indexes that a query would like to have; they are kept up to date from then on.</summary>
    public void AddIndexes(string collection, IEnumerable<FieldPath> fields)
    {
        lock (_lock)
            _current = fields.Aggregate(_current, (snapshot, field) => snapshot.WithIndex(collection, field));
    }

    public void Clear()
    {
        lock (_lock)
        {
            _current = Snapshot.Empty;
            _past.Clear();
            history.Clear();
            Transactions.Clear();
        }
    }

    private void Publish_NeedsLock(Changes changes, long commitTime)
    {
        var snapshot = _current;
        var changed = 0;
        foreach (var (path, after) in changes.Made)
        {
            if (ReferenceEquals(after, _current.Find(path)))
                continue;
            snapshot = snapshot.With(path, after);
            history.Add(path, after, commitTime);
            changed++;
        }

        _past.Add(_current, commitTime, changed);
        _current = snapshot;
    }

    private static void CheckTransformCount(IReadOnlyList<Write> writes)
    {
        if (writes.GroupBy(write => write.Path).Any(group => group.Sum(write => write.Transforms.Count) > Limits.MaxTransformsPerDocument))
            throw RpcException.Invalid($"At most {Limits.MaxTransformsPerDocument} transforms are allowed for one document in one commit.");
    }

    /// <summary>A commit in the making: what it has changed so far, over the snapshot that it started from.</summary>
    private sealed class Changes(Snapshot start)
    {
        public Dictionary<DocumentPath, Document?> Made { get; } = [];

        public Document? Find(DocumentPath path) => Made.TryGetValue(path, out var document) ? document : start.Find(path);

        public void Set(DocumentPath path, Document? after) => Made[path] = after;
    }
}

/// <summary>A commit that was applied: its time and one result for each write.</summary>
internal sealed record CommitResult(long CommitTime, IReadOnlyList<WriteResult> Results);
