using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Queries;

namespace WaAspire.FirebaseEmulator.Locking;

/// <summary>
/// Who holds what, and who waits for it. What enters: reads of read-write transactions (shared locks) and commits
/// (which need every lock of others gone). What leaves: a lock, or a place in the line. Callers hold the database's lock.
/// </summary>
/// <remarks>
/// As production was seen to do it: a writer waits for the readers before it; a reader waits behind a waiting writer,
/// so that writers do not starve; where transactions wait for each other in a circle, the one that closes it goes on
/// and of the others the youngest is aborted.
/// </remarks>
internal sealed class LockTable(DatabaseName database, TimeProvider time, TransactionOptions options)
{
    private const int MaxLocks = 100_000;
    private readonly Dictionary<DocumentPath, HashSet<Transaction>> _readers = [];
    private readonly HashSet<Transaction> _queriers = [];
    private readonly List<LockTicket> _line = [];
    private int _locks;

    public void Read_NeedsLock(Transaction transaction, IEnumerable<DocumentPath> paths, LockTicket ticket)
    {
        List<DocumentPath> wanted = [.. paths.Where(path => !transaction.Documents.Contains(path))];
        QueueBehindWriters_NeedsLock(transaction, ticket, wanted.Contains);
        Bound_NeedsLock(wanted.Count);
        foreach (var path in wanted)
        {
            transaction.Documents.Add(path);
            if (!_readers.TryGetValue(path, out var readers))
                _readers.Add(path, readers = []);
            readers.Add(transaction);
        }
    }

    public QueryLock Read_NeedsLock(Transaction transaction, Query query, Snapshot snapshot, LockTicket ticket)
    {
        var wanted = new QueryLock(query, database);
        QueueBehindWriters_NeedsLock(transaction, ticket, path => wanted.Covers(snapshot.Find(path)));
        Bound_NeedsLock(1);
        transaction.Queries.Add(wanted);
        _queriers.Add(transaction);
        return wanted;
    }

    /// <param name="ticket">Null for a write that cannot wait: it is refused.</param>
    public void Write_NeedsLock(Transaction? own, IReadOnlyCollection<(Document? Before, Document? After, DocumentPath Path)> changes, LockTicket? ticket)
    {
        if (_readers.Count == 0 && _queriers.Count == 0)
            return;
        var holders = changes.SelectMany(change => _readers.GetValueOrDefault(change.Path) ?? []).Where(holder => holder != own).ToHashSet();
        holders.UnionWith(_queriers.Where(querier => querier != own && querier.Queries.Exists(query =>
            changes.Any(change => !ReferenceEquals(change.Before, change.After) && (query.Covers(change.Before) || query.Covers(change.After))))));
        if (holders.Count > 0)
            Wait_NeedsLock(own, ticket, holders, [.. changes.Select(change => change.Path)]);
    }

    /// <summary>Gives back all that a transaction holds, and lets those through who waited for it.</summary>
    public void Release_NeedsLock(Transaction transaction)
    {
        foreach (var path in transaction.Documents)
        {
            if (_readers.TryGetValue(path, out var readers) && readers.Remove(transaction) && readers.Count == 0)
                _readers.Remove(path);
        }

        _locks -= transaction.Documents.Count + transaction.Queries.Count;
        _queriers.Remove(transaction);
        transaction.Documents.Clear();
        transaction.Queries.Clear();
        WakeBehind_NeedsLock(transaction);
    }

    /// <summary>The call is over, whatever came of it.</summary>
    public void Leave_NeedsLock(LockTicket ticket)
    {
        if (_line.Remove(ticket))
            WakeBehind_NeedsLock(ticket);
    }

    public bool IsWaiting_NeedsLock(Transaction transaction) => _line.Exists(ticket => ticket.Owner == transaction);

    /// <summary>A waiting write that itself waits for this transaction is passed: waiting for it would be a circle.</summary>
    private void QueueBehindWriters_NeedsLock(Transaction transaction, LockTicket ticket, Predicate<DocumentPath> wants)
    {
        if (_line.Count == 0)
            return;
        var place = _line.IndexOf(ticket);
        var ahead = _line.Take(place < 0 ? _line.Count : place)
            .Where(other => other.Owner != transaction && other.Writes.Any(path => wants(path)))
            .Where(other => PathTo_NeedsLock(other, goal: transaction) is null).ToList();
        if (ahead.Count > 0)
            Wait_NeedsLock(transaction, ticket, ahead, []);
    }

    private void Wait_NeedsLock(Transaction? owner, LockTicket? ticket, IReadOnlyCollection<object> blockers, IReadOnlyCollection<DocumentPath> writes)
    {
        if (ticket is null)
            throw new RpcException(RpcCode.Aborted, "Too much contention on these documents. Please try again.");
        (ticket.Owner, ticket.Writes) = (owner, writes);
        ticket.Deadline ??= time.GetUtcNow() + options.LockDeadline;
        ticket.Wait(blockers);
        if (!_line.Contains(ticket))
            _line.Add(ticket);
        BreakCircles_NeedsLock(ticket, owner);
        throw new LockConflict();
    }

    private void BreakCircles_NeedsLock(LockTicket ticket, Transaction? owner)
    {
        while (ticket.IsWaiting && PathTo_NeedsLock(ticket, (object?)owner ?? ticket) is { } circle)
        {
            var victim = circle.OfType<Transaction>().Where(one => one != owner).MaxBy(one => one.Age) ?? owner;
            if (victim is null)
                return;
            Abort_NeedsLock(victim);
        }
    }

    private void Abort_NeedsLock(Transaction victim)
    {
        victim.IsAborted = true;
        Release_NeedsLock(victim);
        foreach (var waiting in _line.Where(one => one.Owner == victim).ToList())
            waiting.Wake();
    }

    /// <summary>The way along "waits for" from a ticket to the goal; null when there is none.</summary>
    private List<object>? PathTo_NeedsLock(LockTicket start, object goal)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        return Search(start);

        List<object>? Search(object node)
        {
            IEnumerable<object> next = node is LockTicket one ? one.Blockers : _line.Where(waiting => waiting.IsWaiting && waiting.Owner == node);
            foreach (var step in next)
            {
                if (step == goal)
                    return [step];
                if (seen.Add(step) && Search(step) is { } rest)
                    return [step, .. rest];
            }

            return null;
        }
    }

    private void WakeBehind_NeedsLock(object gone)
    {
        foreach (var ticket in _line.Where(ticket => ticket.Blockers.Contains(gone)).ToList())
            ticket.Wake();
    }

    private void Bound_NeedsLock(int more)
    {
        if (_locks + more > MaxLocks)
            throw new RpcException(RpcCode.ResourceExhausted, $"More than {MaxLocks} locks are held.");
        _locks += more;
    }
}
