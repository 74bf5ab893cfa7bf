namespace WaAspire.Worker.Sessions;

/// <summary>
/// What the next write to a session must find in <c>wa_sessions/{id}</c>. One write at a time goes through it: all that is
/// here is read and written under <see cref="Turn"/>.
/// </summary>
public sealed class SessionFence(string accountId, long epoch)
{
    public SemaphoreSlim Turn { get; } = new(1);

    public string AccountId => accountId;

    public long Epoch => epoch;

    /// <summary>Number of the epoch's last write; 0: only the first act of its owner.</summary>
    public long Seq { get; private set; }

    /// <summary>Keys of an older generation are gone, whether or not they have been deleted yet.</summary>
    public long Generation { get; private set; }

    public DateTimeOffset UpdateTime { get; private set; }

    /// <summary>A reply was lost, or a write refused: the document must be read before the next one.</summary>
    public bool IsDoubtful { get; private set; }

    /// <summary>Somebody with a newer epoch has written: nothing is stored under this one any more.</summary>
    public bool IsOver { get; private set; }

    internal void Know(DateTimeOffset updateTime, long seq, long generation) =>
        (UpdateTime, Seq, Generation, IsDoubtful) = (updateTime, seq, generation, false);

    internal void Doubt() => IsDoubtful = true;

    internal void End() => IsOver = true;
}

/// <param name="Type">Baileys' word, such as <c>pre-key</c> or <c>creds</c>.</param>
/// <param name="Id">Within the type; may hold a phone number, so it is stored as a hash.</param>
public sealed record SessionKey(string Type, string Id);

/// <param name="Key">Which.</param>
/// <param name="Value">In the clear; null deletes it.</param>
public sealed record SessionKeyWrite(SessionKey Key, string? Value);

/// <summary>What became of one write.</summary>
public enum SessionWriteResult
{
    /// <summary>All of it, now or before.</summary>
    Stored,

    /// <summary>The epoch is over, or the number does not follow the last one.</summary>
    Stale,

    /// <summary>Firestore will never take it.</summary>
    Refused,
}
