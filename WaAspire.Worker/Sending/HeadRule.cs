using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;

namespace WaAspire.Worker.Sending;

/// <summary>What the head of a lane asks for. Only the head is ever looked at: whatever it waits for, its thread waits for.</summary>
public enum HeadDecision
{
    /// <summary>Nothing unfinished in this lane.</summary>
    Empty,

    /// <summary>The head's place in the order lies ahead: nothing is due, and a signal may change that.</summary>
    NotDue,

    /// <summary>The head waits out its backoff, and the thread with it.</summary>
    Backoff,

    /// <summary>Another worker holds the head.</summary>
    Held,

    /// <summary>The head's holder is gone: its claim has run out.</summary>
    Orphaned,

    /// <summary>The head is in doubt.</summary>
    InDoubt,

    /// <summary>The head's time has run out before it was claimed.</summary>
    Expired,

    /// <summary>The head has waited for an account that was away for so long that a person is asked first.</summary>
    Stale,

    /// <summary>The head makes no sense: an assertion is violated.</summary>
    Violated,

    /// <summary>The head is parked: it waits for a person.</summary>
    Parked,

    /// <summary>The head may be claimed.</summary>
    Claim,
}

/// <summary>The pure rule behind <see cref="HeadDecision"/>. All times are the server's.</summary>
public static class HeadRule
{
    public static (HeadDecision Decision, TimeSpan Wait) Decide(OutboxDocument? head, DateTimeOffset now, SendingOptions options)
    {
        if (head is null)
        {
            return (HeadDecision.Empty, TimeSpan.Zero);
        }

        // Before anything is decided by what the document says: it may say what must never be.
        if (OutboxAssertions.Violated(head) is not null)
        {
            return (HeadDecision.Violated, TimeSpan.Zero);
        }

        var claimEnds = ClaimEnds(head, options);
        return head.Status switch
        {
            OutboxStatus.Processing when claimEnds < now => (HeadDecision.Orphaned, TimeSpan.Zero),
            OutboxStatus.Processing => (HeadDecision.Held, claimEnds - now),
            OutboxStatus.Uncertain when head.IsParked => (HeadDecision.Parked, options.DoubtRecheck),
#if MUTATION_ResendInDoubt
            OutboxStatus.Uncertain => (HeadDecision.Claim, TimeSpan.Zero),
#else
            OutboxStatus.Uncertain => (HeadDecision.InDoubt, options.DoubtRecheck),
#endif
            _ when head.HasExpired(now) => (HeadDecision.Expired, TimeSpan.Zero),
            _ when head.OrderAt > now => (HeadDecision.NotDue, head.OrderAt.Value - now),
            _ when head.NextAttemptAt > now => (HeadDecision.Backoff, Earlier(head.NextAttemptAt.Value, head.ExpiresAt) - now),
            _ => (HeadDecision.Claim, TimeSpan.Zero),
        };
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset? other) => other < one ? other.Value : one;

    /// <summary>
    /// When a claim runs out, by the document's own update time: the claim was its last change, so this compares two times
    /// of the same clock. <c>leaseUntil</c> is for people.
    /// </summary>
    private static DateTimeOffset ClaimEnds(OutboxDocument message, SendingOptions options) => message.UpdateTime + options.Lease + options.Margin;
}
