using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Outbox;

/// <content>The arrows that a person takes, or a policy in a person's place.</content>
public static partial class OutboxTransitions
{
    /// <summary>
    /// uncertain → queued, by an operator. It keeps its place, unless it was released from the lane: then it goes to the end.
    /// One attempt is given back, so that a message in doubt at its last attempt can still go out.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> Resend(OutboxDocument message) =>
    [
        Change(
            message,
            OutboxStatus.Queued,
            new DocumentFields(Mended(message))
            {
                [OutboxFields.LeaseUntil] = FirestoreValue.Null,
                [OutboxFields.AttemptCount] = Refunded(message),
            },
            message.IsParked ? [.. _ends, .. _doubt] : _doubt,
            [FieldTransform.RequestTime(OutboxFields.NextAttemptAt), .. PlaceIfReleased(message)]),
    ];

    /// <summary>
    /// failed → queued, by an operator, with a new budget and at the end of its thread; its history stays. Of a message whose
    /// <see cref="OutboxDocument.OutcomeUnknown"/> is set, only for somebody who has made sure that it did not arrive.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> Replay(OutboxDocument message) =>
    [
        Change(
            message,
            OutboxStatus.Queued,
            new DocumentFields(Mended(message))
            {
                [OutboxFields.AttemptCount] = 0L,
                [OutboxFields.LastError] = FirestoreValue.Null,
            },
            [.. _ends, OutboxFields.SendAt, OutboxFields.OutcomeUnknown],
            FieldTransform.RequestTime(OutboxFields.NextAttemptAt),
            FieldTransform.RequestTime(OutboxFields.OrderAt)),
        ShowInThread(message, new DocumentFields
        {
            [ThreadMessageFields.Status] = OutboxStatusNames.Queued,
            [ThreadMessageFields.LastError] = FirestoreValue.Null,
        }),
    ];

    /// <summary>
    /// uncertain stays uncertain, but its thread goes on without it: a message without <c>orderAt</c> is in no lane. Only
    /// proof or a person ends it from here on, so the policy does not look at it again.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> Release(OutboxDocument message) =>
        [Change(message, OutboxStatus.Uncertain, [], [OutboxFields.OrderAt, OutboxFields.NextAttemptAt])];

    /// <summary>uncertain → failed without proof, by an operator or by the account's policy: it may have gone out all the same.</summary>
    public static IReadOnlyList<DocumentWrite> GiveUp(OutboxDocument message, SendFault why, DateTimeOffset now) =>
        Failed(message, why, now, outcomeUnknown: true);

    /// <summary>
    /// uncertain → queued without proof, by the account's policy or under the same id: in its place, its budget as it is, and
    /// marked, because it may have gone out: what ends it now without a receipt may be wrong.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> SendAgain(OutboxDocument message, SendFault why, DateTimeOffset now) =>
    [
        Change(
            message,
            OutboxStatus.Queued,
            new DocumentFields
            {
                [OutboxFields.OutcomeUnknown] = true,
                [OutboxFields.LeaseUntil] = FirestoreValue.Null,
                [OutboxFields.AttemptHistory] = Remember(message, why, now),
            },
            _doubt,
            [FieldTransform.RequestTime(OutboxFields.NextAttemptAt), .. PlaceIfReleased(message)]),
    ];

    /// <summary>queued → canceled, by somebody who may write in the thread.</summary>
    public static IReadOnlyList<DocumentWrite> Cancel(OutboxDocument message, string uid) =>
    [
        Change(
            message,
            OutboxStatus.Canceled,
            new DocumentFields
            {
                [OutboxFields.CanceledByUid] = uid,
                [OutboxFields.LastError] = OutboxStatusNames.Canceled,
                [OutboxFields.LeaseUntil] = FirestoreValue.Null,
                [OutboxFields.Success] = false,
            },
            [OutboxFields.NextAttemptAt]),
        ShowInThread(message, new DocumentFields
        {
            // The words that shipped clients know.
            [ThreadMessageFields.Status] = OutboxStatusNames.Failed,
            [ThreadMessageFields.LastError] = OutboxStatusNames.Canceled,
        }),
    ];

    /// <summary>
    /// sent stays sent: WhatsApp had accepted it and failed to deliver it. A new message says the same again, at the end of the
    /// thread; the old one names it, so that a second click finds the first one's message.
    /// </summary>
    public static IReadOnlyList<DocumentWrite> ReplayAsNew(OutboxDocument message, StoredDocument stored, StoredDocument? threadMessage, string requestId)
    {
        var fields = Copied(stored.Fields, _said);
        fields[OutboxFields.RequestId] = requestId;
        fields[OutboxFields.ReplayOf] = message.RequestId;
        fields[OutboxFields.EnqueueId] = requestId;
        fields[OutboxFields.ClientMessageId] = $"replay_{message.RequestId}";
        fields[OutboxFields.Status] = OutboxStatusNames.Queued;
        fields[OutboxFields.Schema] = CurrentSchema;
        fields[OutboxFields.Shard] = (long)OutboxShard.Of(message.ThreadId!);
        fields[OutboxFields.AttemptCount] = 0L;
        fields[OutboxFields.LeaseUntil] = FirestoreValue.Null;
        fields[OutboxFields.LastError] = FirestoreValue.Null;
        var shown = Copied(threadMessage?.Fields ?? stored.Fields, _shown);
        shown[ThreadMessageFields.RequestId] = requestId;
        shown[ThreadMessageFields.ThreadId] = message.ThreadId;
        shown[ThreadMessageFields.Direction] = "outbound";
        shown[ThreadMessageFields.Status] = OutboxStatusNames.Queued;
        shown[ThreadMessageFields.LastError] = FirestoreValue.Null;
        return
        [
            DocumentWrite.Create(FirestorePaths.OutboxMessage(requestId), fields,
                [.. new[] { OutboxFields.CreatedAt, OutboxFields.OrderAt, OutboxFields.NextAttemptAt, OutboxFields.UpdatedAt }.Select(FieldTransform.RequestTime)]),
            DocumentWrite.Create(FirestorePaths.ThreadMessage(message.ThreadId!, requestId), shown,
                [.. new[] { ThreadMessageFields.TsClient, ThreadMessageFields.TsServer, ThreadMessageFields.CreatedAt, ThreadMessageFields.UpdatedAt }.Select(FieldTransform.RequestTime)]),
            DocumentWrite.Update(
                message.Path, Precondition.UnchangedSince(message.UpdateTime), new DocumentFields { [OutboxFields.ReplayedAs] = requestId },
                deleted: null, FieldTransform.RequestTime(OutboxFields.UpdatedAt)),
        ];
    }

    // What was said, to whom and by whom; not how it went.
    private static readonly string[] _said =
        [OutboxFields.AccountId, OutboxFields.ThreadId, OutboxFields.ToJid, OutboxFields.Body, OutboxFields.Payload, OutboxFields.CreatedByUid, OutboxFields.Trace];

    private static readonly string[] _shown =
        [ThreadMessageFields.AccountId, ThreadMessageFields.ClientJid, ThreadMessageFields.Body, ThreadMessageFields.MessageType, ThreadMessageFields.Media, ThreadMessageFields.Context];

    private static DocumentFields Copied(DocumentFields from, IEnumerable<string> names) =>
        new(from.Where(field => names.Contains(field.Key, StringComparer.Ordinal)));
}
