using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Locking;

/// <summary>The open transactions of a database, by the id that the client holds. Callers hold the database's lock.</summary>
internal sealed class TransactionTable(LockTable locks, TimeProvider time, TransactionOptions options)
{
    private const int MaxOpen = 10_000;
    private readonly Dictionary<string, Transaction> _open = new(StringComparer.Ordinal);
    private long _lastAge;

    public int Count => _open.Count;

    public Transaction Begin_NeedsLock(ReadView? readOnlyView, byte[]? retried)
    {
        var now = time.GetUtcNow();
        if (_open.Count >= MaxOpen)
            DropExpired_NeedsLock();
        if (_open.Count >= MaxOpen)
            throw new RpcException(RpcCode.ResourceExhausted, $"More than {MaxOpen} transactions are open.");
        _lastAge = Math.Max(_lastAge + 1, Timestamps.FromTime(now));
        var transaction = new Transaction(readOnlyView, Math.Min((retried is null ? null : Transaction.AgeOf(retried)) ?? _lastAge, _lastAge), now);
        _open.Add(transaction.Id, transaction);
        return transaction;
    }

    public Transaction Use_NeedsLock(byte[] id)
    {
        DropExpired_NeedsLock();
        if (!_open.TryGetValue(Convert.ToBase64String(id), out var transaction))
            throw Expired();
        transaction.LastUsed = time.GetUtcNow();
        return Checked(transaction);
    }

    /// <summary>Ends it, whatever comes of it: an id commits or rolls back once.</summary>
    public void End_NeedsLock(Transaction transaction)
    {
        if (_open.Remove(transaction.Id))
            locks.Release_NeedsLock(transaction);
    }

    /// <summary>Forgets it; one that is gone already (a refused commit ended it) is nothing to complain about.</summary>
    public void Drop_NeedsLock(byte[] id)
    {
        if (_open.TryGetValue(Convert.ToBase64String(id), out var transaction))
            End_NeedsLock(transaction);
    }

    public void Clear_NeedsLock()
    {
        foreach (var transaction in _open.Values.ToList())
            End_NeedsLock(transaction);
    }

    public void DropExpired_NeedsLock()
    {
        var now = time.GetUtcNow();
        foreach (var transaction in _open.Values)
        {
            var idle = now >= transaction.LastUsed + options.IdleExpiry && !locks.IsWaiting_NeedsLock(transaction);
            if (idle || now >= transaction.Begun + options.TotalLimit)
                End_NeedsLock(transaction);
        }
    }

    public static Transaction Checked(Transaction transaction) => transaction.IsAborted
        ? throw new RpcException(RpcCode.Aborted, "Aborted due to cross-transaction contention. This occurs when multiple transactions attempt to access the same data, requiring Firestore to abort at least one in order to enforce serializability.")
        : transaction;

    // The SDKs look for these words to start the transaction again.
    private static RpcException Expired() => RpcException.Invalid("The referenced transaction has expired or is no longer valid.");
}
