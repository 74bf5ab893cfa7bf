using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Outbox;

/// <content>The arrow that a message takes when it makes no sense, and the way back.</content>
public static partial class OutboxTransitions
{
    /// <summary>
    /// any unfinished state → uncertain, parked: nothing of what it says is written over but its state, which the reason keeps.
    /// It blocks its thread like any doubt, and only a person or a receipt ends it.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> Park(OutboxDocument message, string assertion) =>
    [
        Change(
            message,
            OutboxStatus.Uncertain,
            new DocumentFields
            {
                [OutboxFields.LeaseUntil] = FirestoreValue.Null,
                [OutboxFields.DoubtReason] = $"assertion_violated: {assertion}, found {message.Status?.ToStored()}",
                [OutboxFields.AssertionViolated] = assertion,
            },
            [OutboxFields.NextAttemptAt],
            FieldTransform.RequestTime(OutboxFields.DoubtSince)),
    ];

    /// <summary>
    /// What a person's verb puts right when it sends a message again: the signs of an end go, an id of WhatsApp's is kept beside
    /// the next one, and claims are counted on from the highest number that was ever used.
    /// </summary>
    private static DocumentFields Mended(OutboxDocument message)
    {
        var fields = new DocumentFields();
        if (message.ProviderMessageId is { } known)
        {
            fields[OutboxFields.SecondProviderMessageIds] = WithSecondId(message, known);
        }

        if (message.LastAttempt > message.ClaimSeq)
        {
            fields[OutboxFields.ClaimSeq] = message.LastAttempt;
        }

        return fields;
    }

    // What says that a message has ended.
    private static readonly string[] _ends =
        [OutboxFields.ProviderMessageId, OutboxFields.SentAt, OutboxFields.Failure, OutboxFields.FailedAt, OutboxFields.CanceledByUid, OutboxFields.Success];

    private static FirestoreValue WithSecondId(OutboxDocument message, string id) =>
        FirestoreValue.From(message.SecondProviderMessageIds.Append(FirestoreValue.From(id)).TakeLast(AttemptHistoryLimit));
}
