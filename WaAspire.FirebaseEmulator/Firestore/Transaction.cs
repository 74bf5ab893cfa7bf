using System.Security.Cryptography;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// A transaction sees one snapshot, remembers what it read there, and commits only if all of that is still true:
/// the first to commit wins, the other is ABORTED. (Production locks instead and lets the second wait.)
/// </summary>
internal sealed class Transaction(bool readOnly, ReadView view)
{
    private const int MaxReads = 10_000;
    private readonly Lock _lock = new();
    private readonly List<Func<Snapshot, bool>> _stillTrue = [];

    public bool ReadOnly => readOnly;

    public ReadView View => view;

    public void Remember(Func<Snapshot, bool> stillTrue)
    {
        if (readOnly)
            return;
        lock (_lock)
        {
            if (_stillTrue.Count >= MaxReads)
                throw new RpcException(RpcCode.ResourceExhausted, $"A transaction may read at most {MaxReads} times.");
            _stillTrue.Add(stillTrue);
        }
    }

    public void RememberDocument(DocumentPath path, Document? seen) =>
        Remember(snapshot => snapshot.Find(path)?.UpdateTime == seen?.UpdateTime);

    public void CheckUnchanged(Snapshot current)
    {
        lock (_lock)
        {
            if (!_stillTrue.TrueForAll(check => check(current)))
                throw new RpcException(RpcCode.Aborted, "Aborted due to cross-transaction contention: what the transaction read has changed.");
        }
    }
}

/// <summary>The open transactions of a database, by the id that the client holds.</summary>
internal sealed class TransactionTable(TimeProvider time)
{
    private const int MaxOpen = 10_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(270);
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _open = new(StringComparer.Ordinal);

    public string Begin(Transaction transaction)
    {
        var id = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (_open.Count >= MaxOpen)
                DropExpired_NeedsLock(now);
            if (_open.Count >= MaxOpen)
                throw new RpcException(RpcCode.ResourceExhausted, $"More than {MaxOpen} transactions are open.");
            _open.Add(id, new(transaction, now + Lifetime) { LastUsed = now });
        }

        return id;
    }

    public Transaction Use(byte[] id)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            DropExpired_NeedsLock(now);
            if (!_open.TryGetValue(Convert.ToBase64String(id), out var entry))
                throw Expired();
            entry.LastUsed = now;
            return entry.Transaction;
        }
    }

    /// <summary>Ends it, whatever comes of it: an id commits or rolls back once.</summary>
    public Transaction End(byte[] id)
    {
        lock (_lock)
        {
            DropExpired_NeedsLock(time.GetUtcNow());
            return _open.Remove(Convert.ToBase64String(id), out var entry) ? entry.Transaction : throw Expired();
        }
    }

    /// <summary>Forgets it; one that is gone already (a refused commit ended it) is nothing to complain about.</summary>
    public void Drop(byte[] id)
    {
        lock (_lock)
            _open.Remove(Convert.ToBase64String(id));
    }

    public void Clear()
    {
        lock (_lock)
            _open.Clear();
    }

    private void DropExpired_NeedsLock(DateTimeOffset now)
    {
        foreach (var (id, entry) in _open)
        {
            if (now >= entry.Deadline || now >= entry.LastUsed + IdleTime)
                _open.Remove(id);
        }
    }

    // The SDKs look for these words to start the transaction again.
    private static RpcException Expired() => RpcException.Invalid("The referenced transaction has expired or is no longer valid.");

    private sealed class Entry(Transaction transaction, DateTimeOffset deadline)
    {
        public Transaction Transaction => transaction;

        public DateTimeOffset Deadline => deadline;

        public DateTimeOffset LastUsed { get; set; }
    }
}
