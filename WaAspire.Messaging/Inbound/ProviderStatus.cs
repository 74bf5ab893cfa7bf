using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Inbound;

/// <summary>One delivery status as a provider reported it, not yet merged.</summary>
/// <param name="ProviderMessageId">The provider's id of the message (Cloud API: <c>wamid.…</c>).</param>
/// <param name="Status">The provider's word: <c>sent</c>, <c>delivered</c>, <c>read</c>, <c>played</c>, <c>failed</c>, or one we do not know yet.</param>
/// <param name="At">When it happened, by the provider's clock; whole seconds.</param>
/// <param name="Opaque"><c>biz_opaque_callback_data</c> as it came back: ours is <c>{requestId}:{claimSeq}</c>. Null when absent.</param>
/// <param name="ErrorCode">With <c>failed</c>.</param>
/// <param name="ErrorTitle">With <c>failed</c>.</param>
public sealed record ProviderStatus(
    string ProviderMessageId, string Status, DateTimeOffset? At, string? Opaque, int? ErrorCode = null, string? ErrorTitle = null)
{
    /// <summary>In a group: whose receipt it is. The message itself is as far as its furthest reader.</summary>
    public string? Participant { get; init; }

    /// <summary>What Meta charges: <c>billable, pricing_model, type, category</c>. Null when absent.</summary>
    public DocumentFields? Pricing { get; init; }

    /// <summary><c>id, expiration_timestamp?, origin</c>. Null when absent, as it mostly is since v24.</summary>
    public DocumentFields? Conversation { get; init; }

    /// <summary>The update as it came, kept when it cannot be stored otherwise.</summary>
    public string? Raw { get; init; }
}

/// <summary>Stores delivery statuses. Both providers end here.</summary>
public interface IStatusIntake
{
    /// <summary>
    /// Returns when every status is committed, seen before or counted as not ours. Throws when the store cannot be
    /// reached: the provider then repeats the delivery.
    /// </summary>
    Task<StatusIntakeResult> StoreAsync(IReadOnlyList<ProviderStatus> statuses, CancellationToken cancellationToken);
}

/// <summary>How many statuses changed something, changed nothing, or belong to no message of ours.</summary>
public sealed record StatusIntakeResult(int Stored, int Seen, int Unknown);
