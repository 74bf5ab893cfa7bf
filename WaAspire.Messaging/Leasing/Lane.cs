using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Leasing;

/// <summary>One thread's queue: the unit that a worker takes, so that a thread's messages go out one after the other.</summary>
public readonly record struct Lane(string AccountId, string ThreadId)
{
    /// <summary>Redacted: a thread id ends with a JID.</summary>
    public override string ToString() => $"{AccountId}/{Jid.Redact(ThreadId)}";
}

/// <summary>A lane in this worker's hand, under the token of this hold. A later holder has a higher token.</summary>
public sealed record HeldLane(Lane Lane, long Token)
{
    /// <summary>Its last holder did not give it back: the hold ran out.</summary>
    public bool TookOver { get; init; }
}

/// <summary>How a lane is given back. Delays count on the lanes' own clock, so that no two clocks are compared.</summary>
public abstract record LaneRelease
{
    private LaneRelease()
    {
    }

    /// <summary>
    /// Nothing left to send; a signal that came meanwhile makes it due at once, unless it tells of a commit that the holder
    /// has seen: looking again would be billed, and find nothing.
    /// </summary>
    /// <param name="Seen">The server's time of the strong read that found no more.</param>
    public sealed record Empty(DateTimeOffset Seen) : LaneRelease;

    /// <summary>The next message becomes due after this delay; a signal that came meanwhile makes it due at once.</summary>
    public sealed record DueIn(TimeSpan Delay) : LaneRelease;

    /// <summary>The head is in backoff, in another worker's hand or in doubt: signals do not wake this lane, only an unblock or the delay does.</summary>
    public sealed record Blocked(TimeSpan Delay) : LaneRelease;
}
