namespace WaAspire.Messaging.Outbox;

/// <summary>Field names of <c>outbox/{requestId}</c>, once. Types and meaning: <see cref="OutboxDocument"/>.</summary>
public static class OutboxFields
{
    public const string AccountId = "accountId";
    public const string AssertionViolated = "assertionViolated";
    public const string AttemptCount = "attemptCount";
    public const string AttemptHistory = "attemptHistory";

    /// <summary>Threads that pointed to this one when it was accepted: what they still hold of an earlier place goes out first.</summary>
    public const string Behind = "behind";

    public const string Body = "body";
    public const string CanceledByUid = "canceledByUid";
    public const string ClaimedAt = "claimedAt";
    public const string ClaimedBy = "claimedBy";
    public const string ClaimId = "claimId";
    public const string ClaimSeq = "claimSeq";
    public const string ClientMessageId = "clientMessageId";
    public const string CreatedAt = "createdAt";
    public const string CreatedByUid = "createdByUid";
    public const string DeliveredAt = "deliveredAt";
    public const string DeliveryStatus = "deliveryStatus";
    public const string DoubtReason = "doubtReason";
    public const string DoubtSince = "doubtSince";
    public const string EnqueueId = "enqueueId";
    public const string ExpiresAt = "expiresAt";
    public const string FailedAt = "failedAt";
    public const string Failure = "failure";
    public const string LastError = "lastError";
    public const string LeaseUntil = "leaseUntil";
    public const string LegacyAttempts = "attempts";
    public const string NextAttemptAt = "nextAttemptAt";
    public const string OrderAt = "orderAt";
    public const string OutcomeUnknown = "outcomeUnknown";
    public const string Payload = "payload";
    public const string Proven = "proven";
    public const string ProviderMessageId = "providerMessageId";
    public const string ReplayedAs = "replayedAs";
    public const string ReplayOf = "replayOf";
    public const string RequestId = "requestId";
    public const string Schema = "schema";
    public const string SecondProviderMessageIds = "secondProviderMessageIds";
    public const string SendAt = "sendAt";
    public const string SentAt = "sentAt";
    public const string Shard = "shard";
    public const string Status = "status";
    public const string Success = "success";
    public const string ThreadId = "threadId";
    public const string ToJid = "toJid";
    public const string Trace = "trace";
    public const string TransportMessageId = "transportMessageId";
    public const string UpdatedAt = "updatedAt";
}
