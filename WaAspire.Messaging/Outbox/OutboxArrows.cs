using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Outbox;

/// <summary>Commits an arrow of the state machine that stands alone: one that no attempt carries.</summary>
public static class OutboxArrows
{
    /// <summary>Without the thread's copy where that is gone: a decision does not wait for it, and never creates a ghost.</summary>
    /// <returns>As <see cref="CommitBatcher.CommitAsync"/>; a lost reply is not read back here, because the next look at the message tells.</returns>
    public static async Task<CommitOutcome> TakeAsync(
        this CommitBatcher commits, OutboxDocument message, IReadOnlyList<DocumentWrite> arrow, string purpose, CancellationToken cancellationToken)
    {
        var outcome = await commits.CommitAsync(new CommitMember(arrow, purpose, message.Path, _ => false), cancellationToken);
        return outcome is CommitOutcome.Refused { Status: FirestoreStatus.NotFound } && arrow.Count > 1
            ? await commits.CommitAsync(new CommitMember([arrow[0]], purpose, message.Path, _ => false), cancellationToken)
            : outcome;
    }
}
