namespace WaAspire.FirebaseEmulator.Locking;

/// <summary>How long production holds and waits; tests shorten it.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/transaction-data-contention</remarks>
internal sealed class TransactionOptions
{
    public const string Section = "Transactions";

    /// <summary>A call that waited this long for a lock is ABORTED. Raised, stuck callers are told later.</summary>
    public TimeSpan LockDeadline { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>A transaction that was not used this long is gone, and its locks with it.</summary>
    public TimeSpan IdleExpiry { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>A transaction is gone at this age however busy it is.</summary>
    public TimeSpan TotalLimit { get; set; } = TimeSpan.FromSeconds(270);

    public void Check()
    {
        foreach (var (name, value) in new[] { (nameof(LockDeadline), LockDeadline), (nameof(IdleExpiry), IdleExpiry), (nameof(TotalLimit), TotalLimit) })
        {
            if (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1))
                throw new StartException($"{Section}:{name} lies between 0 and one day.");
        }
    }
}
