namespace WaAspire.Messaging.Outbox.Assertions;

/// <summary>
/// What must hold of every message at every moment, also in production: asked of each document before it is decided about,
/// by what was read anyway. The code never brings a message into a state that fails here; a restored backup, a hand in the
/// console or a bug does. What is violated is parked (<see cref="OutboxGuard"/>), never written over.
/// </summary>
public static class OutboxAssertions
{
    /// <summary>An end is left only by a verb that wipes it: what still shows one has not ended by accident, it has come back.</summary>
    public const string Absorbing = "absorbing";

    /// <summary>The number of claims only grows, and what is claimed names its claim: a record is made under the claim that made the attempt.</summary>
    public const string Fence = "fence";

    /// <summary>Whatever waits has a place in its thread, and what is sent is the head.</summary>
    public const string Order = "order";

    /// <summary>A message has one id at WhatsApp. A second one is kept beside the first.</summary>
    public const string ProviderId = "provider_id";

    /// <returns>What does not hold; null for a message that is in order, has ended, is parked already, or is the old system's.</returns>
    public static string? Violated(OutboxDocument message) => message switch
    {
        { Schema: null } or { IsUnfinished: false } or { IsParked: true } => null,
        { ProviderMessageId: not null } or { SentAt: not null } or { FailedAt: not null } or { CanceledByUid: not null } => Absorbing,
        { Status: OutboxStatus.Processing, ClaimId: null } or { Status: OutboxStatus.Processing, ClaimSeq: 0 } => Fence,
        _ when message.LastAttempt > message.ClaimSeq => Fence,
        { Status: OutboxStatus.Queued or OutboxStatus.Processing, OrderAt: null } => Order,
        _ => null,
    };

    /// <summary>Whether a document that somebody wrote since a claim cannot have come from that claim: an older number, or the same one by another hand.</summary>
    public static bool BreaksChain(OutboxDocument claimed, OutboxDocument now) =>
        now.ClaimSeq < claimed.ClaimSeq || (now.ClaimSeq == claimed.ClaimSeq && now.ClaimId != claimed.ClaimId);

    /// <summary>Whether WhatsApp's id for this message is another one than it has already.</summary>
    public static bool IsSecondId(OutboxDocument message, string providerMessageId) =>
        message.ProviderMessageId is not null && !message.HasProviderId(providerMessageId);

    /// <summary>Whether each message of a page comes behind the one before it, in one thread.</summary>
    public static bool AreInOrder(IReadOnlyList<OutboxDocument> page)
    {
        for (var i = 1; i < page.Count; i++)
        {
            if (page[i].ThreadId != page[0].ThreadId || !IsBehind(page[i], page[i - 1]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsBehind(OutboxDocument later, OutboxDocument earlier) =>
        (later.OrderAt, later.CreateTime).CompareTo((earlier.OrderAt, earlier.CreateTime)) is var place
        && (place > 0 || (place == 0 && string.CompareOrdinal(later.RequestId, earlier.RequestId) > 0));
}
