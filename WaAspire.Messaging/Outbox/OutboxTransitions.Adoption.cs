using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Outbox;

/// <summary>The arrow by which a document of the old system enters the machine.</summary>
public static partial class OutboxTransitions
{
    /// <summary>
    /// A document of the old system joins the order of its thread, at the time at which it was created. One that holds a
    /// provider id was accepted; one that lost its holder is in doubt; nothing is known of the others but that they wait.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> Adopt(OutboxDocument message, DateTimeOffset createdAt, DateTimeOffset now)
    {
        var status = message switch
        {
            { ProviderMessageId: not null } => OutboxStatus.Sent,
            { Status: OutboxStatus.Processing } => OutboxStatus.Uncertain,
            _ => OutboxStatus.Queued,
        };
        var fields = new DocumentFields
        {
            [OutboxFields.RequestId] = message.RequestId,
            [OutboxFields.Schema] = CurrentSchema,
            [OutboxFields.ThreadId] = message.ThreadId,
            [OutboxFields.Shard] = (long)OutboxShard.Of(message.ThreadId!),
            [OutboxFields.OrderAt] = createdAt,
            [OutboxFields.AttemptCount] = message.AttemptCount,
            [OutboxFields.LeaseUntil] = FirestoreValue.Null,
        };
        // What the old system tried again kept the time of its failure, which here only an ended message has.
        string[] ends = [OutboxFields.SentAt, OutboxFields.FailedAt];
        if (status == OutboxStatus.Queued && message.NextAttemptAt > now)
        {
            fields[OutboxFields.NextAttemptAt] = message.NextAttemptAt;
            return [Change(message, status, fields, ends)];
        }

        if (status == OutboxStatus.Queued)
        {
            // Due from this commit on: a time of the old system may lie behind the sweep's cursor, and nobody would ever look there.
            return [Change(message, status, fields, ends, FieldTransform.RequestTime(OutboxFields.NextAttemptAt))];
        }

        var isSent = status == OutboxStatus.Sent;
        fields[isSent ? OutboxFields.DeliveryStatus : OutboxFields.DoubtReason] = isSent ? OutboxStatusNames.Sent : "the old system's holder is gone";
        return
        [
            Change(
                message, status, fields, isSent ? [OutboxFields.NextAttemptAt] : [OutboxFields.NextAttemptAt, .. ends],
                FieldTransform.RequestTime(isSent ? OutboxFields.SentAt : OutboxFields.DoubtSince)),
        ];
    }
}
