using WaAspire.FirebaseEmulator.Locking;
using WaAspire.FirebaseEmulator.Persistence;
using WaAspire.FirebaseEmulator.Queries;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// One project's documents. What enters: the writes of a commit. What leaves: a new snapshot, all of it or nothing of
/// it, and the commit's time. Writers take turns under one lock; readers take the current snapshot and lock nothing
/// else. If the process dies, what the journal has been given and has not stored is gone, and nobody was told of it.
/// </summary>
internal sealed class Database : IDisposable
{
    private static readonly TimeSpan _sweepInterval = TimeSpan.FromSeconds(1);
    private static readonly long _oldestReadMicros = (long)TimeSpan.FromHours(1).TotalMicroseconds;
    private readonly Lock _lock = new();
    private readonly CommitClock _clock;
    private readonly PastSnapshots _past;
    private readonly LockTable _locks;
    private readonly TransactionTable _transactions;
    private readonly IndexCatalog _catalog;
    private readonly IJournal _journal;
    private readonly ITimer _sweep;
    private Snapshot _current;

    public Database(DatabaseName name, DatabaseSettings settings, StoredDatabase stored)
    {
        Name = name;
        History = new(settings.HistoryVersions);
        _clock = new(settings.CommitTime, stored.LastCommit);
        _past = new(stored.LastCommit);
        _current = Snapshot.Of(stored.Documents);
        _locks = new(name, settings.Time, settings.Transactions);
        _transactions = new(_locks, settings.Time, settings.Transactions);
        (_catalog, _journal) = (settings.Catalog, settings.Journal);
        _sweep = settings.Time.CreateTimer(_ => DropExpired(), null, _sweepInterval, _sweepInterval);
    }

    public DatabaseName Name { get; }

    public DocumentHistory History { get; }

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
            if (readTime < now - _oldestReadMicros)
                throw new RpcException(RpcCode.FailedPrecondition, "The requested read time is more than an hour old.");
            return new(_past.At(readTime, _current), readTime);
        }
    }

    /// <summary>Applies the writes in order, each seeing those before it, or throws and applies none.</summary>
    /// <param name="transaction">Ends with this commit, also with a refused one.</param>
    /// <param name="ticket">Null for a commit that does not wait for locks but is refused.</param>
    /// <param name="judge">Security rules: given the state that the commit meets and its time, throws to refuse it.</param>
    /// <exception cref="LockConflict">Nothing has happened; the ticket has a place in the line.</exception>
    public CommitResult Commit(
        IReadOnlyList<Write> writes, Transaction? transaction = null, LockTicket? ticket = null, Action<Snapshot, long>? judge = null)
    {
        CheckTransformCount(writes);
        lock (_lock)
        {
            try
            {
                var result = Commit_NeedsLock(writes, transaction is null ? null : TransactionTable.Checked(transaction), ticket, judge);
                End_NeedsLock(transaction);
                return result;
            }
            catch (RpcException)
            {
                End_NeedsLock(transaction);
                throw;
            }
        }
    }

    /// <summary>Builds the indexes that a query would like to have; they are kept up to date from then on.</summary>
    public void AddIndexes(string collection, IReadOnlyList<IndexShape> shapes)
    {
        // Building takes long for a large collection, so commits go on meanwhile; only a busy one is held up in the end.
        const int PatientTries = 3;
        for (var tries = 0; tries < PatientTries; tries++)
        {
            var seen = Read().Snapshot.CollectionAt(collection);
            var built = shapes.Aggregate(seen, (indexed, shape) => indexed.WithIndex(shape));
            lock (_lock)
            {
                if (ReferenceEquals(_current.CollectionAt(collection), seen))
                {
                    _current = _current.With(built);
                    return;
                }
            }
        }

        lock (_lock)
            _current = _current.With(shapes.Aggregate(_current.CollectionAt(collection), (indexed, shape) => indexed.WithIndex(shape)));
    }

    public Transaction Begin(ReadView? readOnlyView, byte[]? retried)
    {
        lock (_lock)
            return _transactions.Begin_NeedsLock(readOnlyView, retried);
    }

    public Transaction Use(byte[] transaction)
    {
        lock (_lock)
            return _transactions.Use_NeedsLock(transaction);
    }

    public void Rollback(byte[] transaction)
    {
        lock (_lock)
            _transactions.Drop_NeedsLock(transaction);
    }

    /// <summary>Locks documents, then reads: nobody changes them before the transaction ends.</summary>
    public ReadView Read(Transaction transaction, IEnumerable<DocumentPath> paths, LockTicket ticket)
    {
        lock (_lock)
        {
            _locks.Read_NeedsLock(TransactionTable.Checked(transaction), paths, ticket);
            return new(_current, _clock.Read_NeedsLock());
        }
    }

    /// <summary>Locks a query's range, then reads it.</summary>
    public (ReadView View, QueryResult Result) Read(Transaction transaction, Query query, LockTicket ticket)
    {
        QueryLock held;
        ReadView view;
        lock (_lock)
        {
            held = _locks.Read_NeedsLock(TransactionTable.Checked(transaction), query, _current, ticket);
            view = new(_current, _clock.Read_NeedsLock());
        }

        // Outside the database's lock: the range is held, and the snapshot does not change.
        var result = QueryRunner.Run(query, Name, view.Snapshot);
        lock (_lock)
            held.Narrow(result);
        return (view, result);
    }

    /// <summary>The call of this ticket is over.</summary>
    public void Leave(LockTicket ticket, bool refused)
    {
        lock (_lock)
        {
            _locks.Leave_NeedsLock(ticket);
            // Nobody has learned the id of a transaction that a refused call began.
            if (refused)
                End_NeedsLock(ticket.Begun);
        }
    }

    /// <summary>The ticket has waited for longer than production lets anybody wait.</summary>
    public void GiveUp(LockTicket ticket)
    {
        lock (_lock)
            End_NeedsLock(ticket.Owner);
    }

    public void Clear()
    {
        lock (_lock)
        {
            _current = Snapshot.Empty;
            _past.Clear();
            History.Clear();
            _transactions.Clear_NeedsLock();
            _journal.Append(new DocumentsCleared(Name.Project));
        }
    }

    public void Dispose() => _sweep.Dispose();

    private void DropExpired()
    {
        lock (_lock)
            _transactions.DropExpired_NeedsLock();
    }

    private CommitResult Commit_NeedsLock(
        IReadOnlyList<Write> writes, Transaction? transaction, LockTicket? ticket, Action<Snapshot, long>? judge)
    {
        var commitTime = _clock.Commit_NeedsLock();
        judge?.Invoke(_current, commitTime);
        var changes = new Changes(_current);
        var results = new List<WriteResult>(writes.Count);
        foreach (var write in writes)
        {
            var (after, result) = WriteApplier.Apply(Name, changes.Find(write.Path), write, commitTime);
            if (after is not null && !ReferenceEquals(after, changes.Find(write.Path)))
                IndexEntries.Check(after, _catalog);
            // To verify is to read: it shares the document with other readers.
            if (write.Kind != WriteKind.Verify)
                changes.Set(write.Path, after);
            results.Add(result);
        }

        _locks.Write_NeedsLock(transaction, changes.Made, ticket);
        Publish_NeedsLock(changes, commitTime);
        return new(commitTime, results, _current);
    }

    private void End_NeedsLock(Transaction? transaction)
    {
        if (transaction is not null)
            _transactions.End_NeedsLock(transaction);
    }

    private void Publish_NeedsLock(Changes changes, long commitTime)
    {
        var snapshot = _current;
        var changed = new List<DocumentChange>();
        foreach (var (before, after, path) in changes.Made)
        {
            if (ReferenceEquals(after, before))
                continue;
            snapshot = snapshot.With(before, after);
            History.Add(path, after, commitTime);
            changed.Add(new(path, after));
        }

        _past.Add(_current, commitTime, changed.Count);
        _current = snapshot;
        _journal.Append(new Committed(Name.Project, commitTime, changed));
    }

    private static void CheckTransformCount(IReadOnlyList<Write> writes)
    {
        if (writes.GroupBy(write => write.Path).Any(group => group.Sum(write => write.Transforms.Count) > Limits.MaxTransformsPerDocument))
            throw RpcException.Invalid($"At most {Limits.MaxTransformsPerDocument} transforms are allowed for one document in one commit.");
    }

    /// <summary>A commit in the making: what it has changed so far, over the snapshot that it started from.</summary>
    private sealed class Changes(Snapshot start)
    {
        private readonly Dictionary<DocumentPath, Document?> _made = [];

        public IReadOnlyCollection<(Document? Before, Document? After, DocumentPath Path)> Made =>
            [.. _made.Select(change => (start.Find(change.Key), change.Value, change.Key))];

        public Document? Find(DocumentPath path) => _made.TryGetValue(path, out var document) ? document : start.Find(path);

        public void Set(DocumentPath path, Document? after) => _made[path] = after;
    }
}

/// <summary>A commit that was applied: its time, one result for each write, and everything as it was right after it.</summary>
internal sealed record CommitResult(long CommitTime, IReadOnlyList<WriteResult> Results, Snapshot After);
