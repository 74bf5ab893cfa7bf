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

    /// <param name="message">As it was last seen; its update time is the fence.</param>
    /// <param name="outcome">What became of the attempt.</param>
    /// <param name="options">The budget of attempts.</param>
    /// <param name="now">The server's time.</param>
    public static OutcomeArrow For(OutboxDocument message, SendOutcome outcome, SendingOptions options, DateTimeOffset now) => outcome switch
    {
        SendOutcome.Accepted again when message.Status == OutboxStatus.Sent =>
            new(OutboxStatus.Sent, default, OutboxTransitions.SecondAcceptance(message, again.ProviderMessageId)),
        SendOutcome.Accepted accepted => new(OutboxStatus.Sent, default, OutboxTransitions.Sent(message, accepted.ProviderMessageId)),
        SendOutcome.Rejected rejected => new(OutboxStatus.Failed, default, OutboxTransitions.Failed(message, rejected.Fault, now)),
        SendOutcome.RetryLater { SpendsAttempt: true } retry when message.AttemptCount >= options.MaxAttempts =>
            new(OutboxStatus.Failed, default, OutboxTransitions.Failed(message, retry.Fault, now)),
        SendOutcome.RetryLater retry =>
            new(OutboxStatus.Queued, retry.Delay, OutboxTransitions.Retry(message, retry.Delay, retry.Fault, retry.SpendsAttempt, now)),
        SendOutcome.Deferred deferred => new(OutboxStatus.Queued, deferred.Delay, OutboxTransitions.GiveBack(message, deferred.Delay, now)),
        SendOutcome.Uncertain uncertain => new(OutboxStatus.Uncertain, default, OutboxTransitions.Doubt(message, uncertain.Reason, now + options.QuietPeriod)),
        _ => throw new InvalidOperationException($"No arrow for {outcome.GetType().Name}."),
    };

    /// <summary>Whether the document shows that this arrow was taken: asked when the commit's reply is lost. An acceptance is shown by its own id only.</summary>
    public bool IsShownBy(OutboxDocument stored, ClaimedMessage claimed, SendOutcome outcome) =>
        stored.UpdateTime != claimed.Fence
        && stored.Status == State
        && stored.ClaimId == claimed.ClaimId
        && stored.ClaimSeq == claimed.Message.ClaimSeq
        && (outcome is not SendOutcome.Accepted accepted || stored.HasProviderId(accepted.ProviderMessageId));
}
