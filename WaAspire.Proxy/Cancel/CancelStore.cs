using Microsoft.Extensions.Options;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Cancel;

/// <summary>
/// Withdraws a message durably. What enters is an employee's request; what leaves is the message canceled, under the very
/// update time at which it was seen queued, or the state that it has reached. A claim that came first wins, and the message
/// is looked at again. If we die after the commit, it is canceled, and the repeat says so.
/// </summary>
internal sealed class CancelStore(DocumentGatherer documents, CommitBatcher commits, OutboxGuard guard, IOptions<SendOptions> options)
{
    private const string Purpose = "cancel";

    public async Task<CancelOutcome> CancelAsync(string requestId, string uid, CancellationToken cancellationToken)
    {
        for (var decision = 0; decision < options.Value.DecisionsMax; decision++)
        {
            if (await documents.GetAsync(FirestorePaths.OutboxMessage(requestId), Purpose, cancellationToken) is not { } stored)
                return new CancelOutcome.Refused(Refusal.MessageNotFound);
            var message = OutboxDocument.Read(stored);
            if (message.ThreadId is null || await documents.GetAsync(FirestorePaths.Thread(message.ThreadId), Purpose, cancellationToken) is not { } thread)
                return new CancelOutcome.Refused(Refusal.MessageNotFound);
            if (!SendPolicy.MayWrite(thread.Fields, uid))
                return new CancelOutcome.Refused(Refusal.NotOwner);
            if (message.Status == OutboxStatus.Canceled)
                return new CancelOutcome.Canceled(message.Lane);
            if (message.Status != OutboxStatus.Queued)
                return new CancelOutcome.NotCancelable(message.Status);
            if (message.OutcomeUnknown)
                // An attempt of it may have arrived: nobody may be told that it will not.
                return new CancelOutcome.NotCancelable(OutboxStatus.Uncertain);
            if (OutboxAssertions.Violated(message) is { } violated)
            {
                await guard.ParkAsync(message, violated, cancellationToken);
                continue;
            }
            if (await commits.TakeAsync(message, OutboxTransitions.Cancel(message, uid), Purpose, cancellationToken) is CommitOutcome.Committed)
                return new CancelOutcome.Canceled(message.Lane);
            // Refused: a claim was faster. Lost: the next look tells.
        }
        return new CancelOutcome.Undecided();
    }
}

/// <summary>A closed set: what became of the wish to cancel.</summary>
internal abstract record CancelOutcome
{
    private CancelOutcome()
    {
    }

    /// <summary>It will not go out; its lane may go on.</summary>
    public sealed record Canceled(Lane Lane) : CancelOutcome;

    public sealed record NotCancelable(OutboxStatus? Status) : CancelOutcome;

    public sealed record Refused(Refusal Refusal) : CancelOutcome;

    /// <summary>Each look found it changed again, or the store lost its replies: ask again.</summary>
    public sealed record Undecided : CancelOutcome;
}
