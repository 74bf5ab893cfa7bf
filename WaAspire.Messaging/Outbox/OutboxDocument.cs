using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;

namespace WaAspire.Messaging.Outbox;

/// <summary>
/// One message as the outbox stores it, read with tolerance: documents of the old system lack what it did not write.
/// <see cref="UpdateTime"/> is the fence of whatever is written next.
/// </summary>
public sealed record OutboxDocument
{
    public required string RequestId { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    public required DateTimeOffset UpdateTime { get; init; }

    /// <summary>Null for a stored word that no version knows: such a document is never touched.</summary>
    public OutboxStatus? Status { get; init; }

    public string? AccountId { get; init; }

    public string? ThreadId { get; init; }

    public string? ToJid { get; init; }

    public string? Body { get; init; }

    public DocumentFields? Payload { get; init; }

    /// <summary>2 for ours; absent for a document of the old system that has not been adopted yet.</summary>
    public long? Schema { get; init; }

    /// <summary>Place in the thread; null when an operator released the message from its lane.</summary>
    public DateTimeOffset? OrderAt { get; init; }

    /// <summary>Threads whose earlier messages go out before this one; mostly none.</summary>
    public IReadOnlyList<string> Behind { get; init; } = [];

    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>Attempts that count against the budget; an interruption is refunded.</summary>
    public long AttemptCount { get; init; }

    /// <summary>Number of the claim, never refunded: it names an attempt to the provider.</summary>
    public long ClaimSeq { get; init; }

    public string? ClaimId { get; init; }

    public string? ClaimedBy { get; init; }

    /// <summary>When the newest claim was committed.</summary>
    public DateTimeOffset? ClaimedAt { get; init; }

    public DateTimeOffset? DoubtSince { get; init; }

    /// <summary>The time that its sender asked for; its place in the thread is then the same. Null: as soon as possible.</summary>
    public DateTimeOffset? SendAt { get; init; }

    /// <summary>It is never sent at or after this time.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>
    /// It left doubt without proof, so WhatsApp may have an attempt of it that nobody knows of. Sending it once more, for
    /// whatever reason, may then be a second delivery.
    /// </summary>
    public bool OutcomeUnknown { get; init; }

    /// <summary>A receipt told that it was sent, and ended its stay in its lane: whoever wrote that may have died before the lane heard of it.</summary>
    public bool IsProven { get; init; }

    /// <summary>Which assertion it failed when it was parked; null for any other doubt.</summary>
    public string? AssertionViolated { get; init; }

    public string? CanceledByUid { get; init; }

    public DateTimeOffset? FailedAt { get; init; }

    public DocumentFields? Failure { get; init; }

    public string? EnqueueId { get; init; }

    /// <summary>W3C traceparent of the request that accepted it; null when nobody traced that.</summary>
    public string? Trace { get; init; }

    public string? ProviderMessageId { get; init; }

    public string? DeliveryStatus { get; init; }

    public DateTimeOffset? SentAt { get; init; }

    public IReadOnlyList<FirestoreValue> AttemptHistory { get; init; } = [];

    public IReadOnlyList<FirestoreValue> SecondProviderMessageIds { get; init; } = [];

    public Lane Lane => new(AccountId ?? "", ThreadId ?? "");

    public string Path => FirestorePaths.OutboxMessage(RequestId);

    public bool IsUnfinished => Status is OutboxStatus.Queued or OutboxStatus.Processing or OutboxStatus.Uncertain;

    /// <summary>It made no sense: a person looks at it, and no policy does.</summary>
    public bool IsParked => Status == OutboxStatus.Uncertain && AssertionViolated is not null;

    /// <summary>The highest claim number that its history names; 0 when it names none.</summary>
    public long LastAttempt => AttemptHistory.Select(past => past.AsMap?.Integer("claimSeq") ?? 0).DefaultIfEmpty().Max();

    public bool HasExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>Whether this id of the provider's is already known to be this message.</summary>
    public bool HasProviderId(string id) => ProviderMessageId == id || SecondProviderMessageIds.Any(second => second.AsString == id);

    public static OutboxDocument Read(StoredDocument stored)
    {
        var fields = stored.Fields;
        return new OutboxDocument
        {
            RequestId = stored.Id,
            CreateTime = stored.CreateTime,
            UpdateTime = stored.UpdateTime,
            Status = OutboxStatusNames.Parse(fields.Text(OutboxFields.Status)),
            AccountId = fields.Text(OutboxFields.AccountId),
            ThreadId = fields.Text(OutboxFields.ThreadId),
            ToJid = fields.Text(OutboxFields.ToJid),
            Body = fields.Text(OutboxFields.Body),
            Payload = fields.Map(OutboxFields.Payload),
            Schema = fields.Integer(OutboxFields.Schema),
            OrderAt = fields.Timestamp(OutboxFields.OrderAt),
            Behind = [.. fields.Array(OutboxFields.Behind).Select(thread => thread.AsString).OfType<string>()],
            NextAttemptAt = fields.Timestamp(OutboxFields.NextAttemptAt),
            AttemptCount = fields.Integer(OutboxFields.AttemptCount) ?? fields.Integer(OutboxFields.LegacyAttempts) ?? 0,
            ClaimSeq = fields.Integer(OutboxFields.ClaimSeq) ?? 0,
            ClaimId = fields.Text(OutboxFields.ClaimId),
            ClaimedBy = fields.Text(OutboxFields.ClaimedBy),
            ClaimedAt = fields.Timestamp(OutboxFields.ClaimedAt),
            DoubtSince = fields.Timestamp(OutboxFields.DoubtSince),
            SendAt = fields.Timestamp(OutboxFields.SendAt),
            ExpiresAt = fields.Timestamp(OutboxFields.ExpiresAt),
            OutcomeUnknown = fields.Boolean(OutboxFields.OutcomeUnknown) ?? false,
            IsProven = fields.Boolean(OutboxFields.Proven) ?? false,
            AssertionViolated = fields.Text(OutboxFields.AssertionViolated),
            CanceledByUid = fields.Text(OutboxFields.CanceledByUid),
            FailedAt = fields.Timestamp(OutboxFields.FailedAt),
            Failure = fields.Map(OutboxFields.Failure),
            EnqueueId = fields.Text(OutboxFields.EnqueueId),
            Trace = fields.Text(OutboxFields.Trace),
            ProviderMessageId = fields.Text(OutboxFields.ProviderMessageId),
            DeliveryStatus = fields.Text(OutboxFields.DeliveryStatus),
            SentAt = fields.Timestamp(OutboxFields.SentAt),
            AttemptHistory = fields.Array(OutboxFields.AttemptHistory),
            SecondProviderMessageIds = fields.Array(OutboxFields.SecondProviderMessageIds),
        };
    }
}
