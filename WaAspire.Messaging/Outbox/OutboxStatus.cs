namespace WaAspire.Messaging.Outbox;

/// <summary>
/// The states of an outbox document (field <c>status</c>). Who moves a message into and out of each one stands in
/// <see cref="OutboxTransitions"/>; nothing else writes them.
/// </summary>
public enum OutboxStatus
{
    /// <summary>Waits to be claimed, due at <c>nextAttemptAt</c>.</summary>
    Queued,

    /// <summary>Claimed: <c>claimedBy</c> and <c>leaseUntil</c> say by whom and until when. Stored <c>sending</c> reads as this.</summary>
    Processing,

    /// <summary>Bytes may have left and no answer tells; settled by proof, by the holder's own answer, by policy or by a person.</summary>
    Uncertain,

    /// <summary>The provider accepted it. Delivery goes on in <c>deliveryStatus</c>.</summary>
    Sent,

    /// <summary>A dead letter: it is not tried again by itself.</summary>
    Failed,

    /// <summary>Withdrawn by its sender while it was queued.</summary>
    Canceled,
}

/// <summary>The stored words for <see cref="OutboxStatus"/>, which shipped clients and old documents share.</summary>
public static class OutboxStatusNames
{
    public const string Queued = "queued";
    public const string Processing = "processing";
    public const string Sending = "sending";
    public const string Uncertain = "uncertain";
    public const string Sent = "sent";
    public const string Failed = "failed";
    public const string Canceled = "canceled";

    /// <summary>The states that keep a message in its lane.</summary>
    public static readonly IReadOnlyList<string> Unfinished = [Queued, Processing, Sending, Uncertain];

    public static string ToStored(this OutboxStatus status) => status switch
    {
        OutboxStatus.Queued => Queued,
        OutboxStatus.Processing => Processing,
        OutboxStatus.Uncertain => Uncertain,
        OutboxStatus.Sent => Sent,
        OutboxStatus.Failed => Failed,
        _ => Canceled,
    };

    /// <summary>Null for a word that no version of the product ever stored.</summary>
    public static OutboxStatus? Parse(string? stored) => stored switch
    {
        Queued => OutboxStatus.Queued,
        Processing or Sending => OutboxStatus.Processing,
        Uncertain => OutboxStatus.Uncertain,
        Sent => OutboxStatus.Sent,
        Failed => OutboxStatus.Failed,
        Canceled => OutboxStatus.Canceled,
        _ => null,
    };
}
