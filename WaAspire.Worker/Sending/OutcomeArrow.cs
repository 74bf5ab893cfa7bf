using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Sending;

/// <summary>Which arrow of the state machine an outcome takes.</summary>
/// <param name="State">Where it leads.</param>
/// <param name="DueIn">When a message that is queued again becomes due.</param>
/// <param name="Writes">The arrow as writes, the outbox document first.</param>
public sealed record OutcomeArrow(OutboxStatus State, TimeSpan DueIn, IReadOnlyList<DocumentWrite> Writes)
{
    /// <summary>The message leaves its lane.</summary>
    public bool Ends => State is OutboxStatus.Sent or OutboxStatus.Failed;

    public static OutcomeArrow For(OutboxDocument message, DateTimeOffset fence, SendOutcome outcome, SendingOptions options, DateTimeOffset now) => outcome switch
    {
        SendOutcome.Accepted accepted => new(OutboxStatus.Sent, default, OutboxTransitions.Sent(message, fence, accepted.ProviderMessageId)),
        SendOutcome.Rejected rejected => new(OutboxStatus.Failed, default, OutboxTransitions.Failed(message, fence, rejected.Fault, now)),
        SendOutcome.RetryLater { SpendsAttempt: true } retry when message.AttemptCount >= options.MaxAttempts =>
            new(OutboxStatus.Failed, default, OutboxTransitions.Failed(message, fence, retry.Fault, now)),
        SendOutcome.RetryLater retry =>
            new(OutboxStatus.Queued, retry.Delay, OutboxTransitions.Retry(message, fence, retry.Delay, retry.Fault, retry.SpendsAttempt, now)),
        SendOutcome.Deferred deferred => new(OutboxStatus.Queued, deferred.Delay, OutboxTransitions.GiveBack(message, fence, deferred.Delay, now)),
        SendOutcome.Uncertain uncertain => new(OutboxStatus.Uncertain, default, OutboxTransitions.Doubt(message, fence, uncertain.Reason)),
        _ => throw new InvalidOperationException($"No arrow for {outcome.GetType().Name}."),
    };

    /// <summary>Whether the document shows that this arrow was taken: asked when the commit's reply is lost.</summary>
    public bool IsShownBy(OutboxDocument stored, ClaimedMessage claimed) =>
        stored.UpdateTime != claimed.Fence
        && stored.Status == State
        && stored.ClaimId == claimed.ClaimId
        && stored.ClaimSeq == claimed.Message.ClaimSeq;
}
