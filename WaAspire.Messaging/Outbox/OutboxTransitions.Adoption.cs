using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Outbox;

/// <summary>The arrow by which a document of the old system enters the machine.</summary>
public static partial class OutboxTransitions
{
    /// <summary>
    /// A document of the old system joins the order of its thread, at the time at which it was created. A dead letter stays one;
    /// one that holds a provider id was accepted; one that lost its holder is in doubt; the others wait, and more is not known.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> Adopt(OutboxDocument message, DateTimeOffset createdAt, DateTimeOffset now, TimeSpan quietPeriod)
    {
        var status = message switch
        {
            { Status: OutboxStatus.Failed } => OutboxStatus.Failed,
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

        if (status == OutboxStatus.Failed)
        {
            // That system failed what an account could not send as well as what WhatsApp may have had: only the id tells them apart.
            fields[OutboxFields.FailedAt] = message.FailedAt ?? message.UpdateTime;
            fields[OutboxFields.OutcomeUnknown] = message.ProviderMessageId is not null;
            fields[OutboxFields.Failure] = Describe(new SendFault("old_system", "Given up by the old system", true), message.FailedAt ?? message.UpdateTime);
            return [Change(message, status, fields, [OutboxFields.NextAttemptAt])];
        }

        var isSent = status == OutboxStatus.Sent;
        if (!isSent)
        {
            // As of any doubt: without it the account's policy would look only when somebody comes by its lane again.
            fields[OutboxFields.NextAttemptAt] = now + quietPeriod;
        }

        fields[isSent ? OutboxFields.DeliveryStatus : OutboxFields.DoubtReason] = isSent ? OutboxStatusNames.Sent : "the old system's holder is gone";
        return
        [
            Change(
                message, status, fields, isSent ? [OutboxFields.NextAttemptAt] : [OutboxFields.NextAttemptAt, .. ends],
                FieldTransform.RequestTime(isSent ? OutboxFields.SentAt : OutboxFields.DoubtSince)),
        ];
    }
}
