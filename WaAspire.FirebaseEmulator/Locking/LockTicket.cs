using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Locking;

/// <summary>
/// One call's place in the line for locks. A call that meets somebody else's lock throws <see cref="LockConflict"/>,
/// having changed nothing; it waits here and is then run again from its start, with the same ticket.
/// </summary>
/// <remarks>Running again keeps every handler free of waiting, and costs only those calls that had to wait.</remarks>
internal sealed class LockTicket
{
    private TaskCompletionSource? _turn;

    /// <summary>The transaction that waits; null for a plain write.</summary>
    public Transaction? Owner { get; set; }

    /// <summary>Documents that a waiting write wants for itself; a reader that comes later waits behind it.</summary>
    public IReadOnlyCollection<DocumentPath> Writes { get; set; } = [];

    /// <summary>Transactions and tickets that it waits for; empty while it runs.</summary>
    public IReadOnlyCollection<object> Blockers { get; private set; } = [];

    public DateTimeOffset? Deadline { get; set; }

    /// <summary>The transaction that this very call began; a second run goes on with it.</summary>
    public Transaction? Begun { get; set; }

    public bool IsWaiting => Blockers.Count > 0;

    public Task Turn => _turn?.Task ?? Task.CompletedTask;

    public void Wait(IReadOnlyCollection<object> blockers)
    {
        Blockers = blockers;
        _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Wake()
    {
        Blockers = [];
        _turn?.TrySetResult();
    }
}

/// <summary>Not now: await the ticket's turn, then run the call again.</summary>
internal sealed class LockConflict : Exception;
