using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Sending;

/// <summary>A message in this worker's hand, claimed in Firestore.</summary>
/// <param name="Message">As the claim left it; its update time is the fencing token of this attempt.</param>
/// <param name="ClaimStarted">Monotonic timestamp from before the claim was asked for: the trust window starts there.</param>
public sealed record ClaimedMessage(OutboxDocument Message, long ClaimStarted)
{
    public DateTimeOffset Fence => Message.UpdateTime;

    public string ClaimId => Message.ClaimId!;

    /// <summary>What the provider gives back with every status: names the message and this attempt. At most 512 characters.</summary>
    public string Opaque => $"{Message.RequestId}:{Message.ClaimSeq}";
}
