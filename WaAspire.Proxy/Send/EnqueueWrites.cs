using System.Diagnostics;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;

namespace WaAspire.Proxy.Send;

/// <summary>
/// The three documents of an accepted message, written together: what a worker will send, what clients show, and the
/// thread's last activity. All times are the one REQUEST_TIME of the commit; the two numbers that clients sort by are
/// Firestore's time as we last heard it.
/// </summary>
internal static class EnqueueWrites
{
    private const int Schema = 2;

    public static IReadOnlyList<DocumentWrite> Of(
        SendRequest request, StoredDocument thread, string uid, string requestId, string enqueueId, DateTimeOffset now) =>
        [Outbox(request, uid, requestId, enqueueId), ThreadMessage(request, requestId, now), Thread(request, thread, uid, now)];

    private static DocumentWrite Outbox(SendRequest request, string uid, string requestId, string enqueueId)
    {
        var fields = new DocumentFields
        {
            [OutboxFields.RequestId] = requestId,
            [OutboxFields.ThreadId] = request.ThreadId,
            [OutboxFields.AccountId] = request.AccountId,
            [OutboxFields.ToJid] = request.To.Value,
            [OutboxFields.Body] = request.Text,
            [OutboxFields.Payload] = FirestoreValue.From(new DocumentFields { ["text"] = request.Text }),
            [OutboxFields.Status] = OutboxStatusNames.Queued,
            [OutboxFields.AttemptCount] = 0,
            [OutboxFields.CreatedByUid] = uid,
            [OutboxFields.ClientMessageId] = request.ClientMessageId,
            [OutboxFields.LeaseUntil] = FirestoreValue.Null,
            [OutboxFields.LastError] = FirestoreValue.Null,
            [OutboxFields.Schema] = Schema,
            [OutboxFields.Shard] = OutboxShard.Of(request.ThreadId),
            [OutboxFields.EnqueueId] = enqueueId,
        };
        // The worker's send and the provider's receipt become part of this request's trace.
        if (Activity.Current?.Id is { } trace)
            fields[OutboxFields.Trace] = trace;
        return DocumentWrite.Create(
            FirestorePaths.OutboxMessage(requestId), fields,
            AtRequestTime(OutboxFields.CreatedAt, OutboxFields.OrderAt, OutboxFields.NextAttemptAt, OutboxFields.UpdatedAt));
    }

    private static DocumentWrite ThreadMessage(SendRequest request, string requestId, DateTimeOffset now) => DocumentWrite.Create(
        FirestorePaths.ThreadMessage(request.ThreadId, requestId),
        new DocumentFields
        {
            [ThreadMessageFields.RequestId] = requestId,
            [ThreadMessageFields.ThreadId] = request.ThreadId,
            [ThreadMessageFields.AccountId] = request.AccountId,
            [ThreadMessageFields.ClientJid] = request.To.Value,
            [ThreadMessageFields.ClientMessageId] = request.ClientMessageId,
            [ThreadMessageFields.Direction] = "outbound",
            [ThreadMessageFields.MessageType] = "text",
            [ThreadMessageFields.Body] = request.Text,
            [ThreadMessageFields.Status] = OutboxStatusNames.Queued,
            [ThreadMessageFields.LastError] = FirestoreValue.Null,
            [ThreadMessageFields.CreatedAtMs] = now.ToUnixTimeMilliseconds(),
        },
        AtRequestTime(ThreadMessageFields.TsClient, ThreadMessageFields.TsServer, ThreadMessageFields.CreatedAt, ThreadMessageFields.UpdatedAt));

    private static DocumentWrite Thread(SendRequest request, StoredDocument thread, string uid, DateTimeOffset now)
    {
        var fields = new DocumentFields();
        List<FieldTransform> transforms = [.. AtRequestTime(ThreadFields.UpdatedAt)];
        // Last activity only moves forward: a message dated ahead of us (a phone with a wrong clock) keeps its place.
        if (thread.Fields.Timestamp(ThreadFields.LastMessageAt) is not { } last || last <= now)
        {
            var preview = Preview(request.Text);
            fields[ThreadFields.LastMessageText] = preview;
            fields[ThreadFields.LastMessagePreview] = preview;
            fields[ThreadFields.LastMessageDirection] = "outbound";
            transforms.AddRange(AtRequestTime(ThreadFields.LastMessageAt));
            transforms.Add(FieldTransform.Maximum(ThreadFields.LastMessageAtMs, now.ToUnixTimeMilliseconds()));
        }
        if (SendPolicy.HasOwner(thread.Fields))
            return DocumentWrite.Update(thread.Path, Precondition.Present, fields, null, [.. transforms]);

        // Two first senders: the second finds the thread changed, reads it again and is refused like anybody else.
        fields[ThreadFields.OwnerUid] = uid;
        if (!thread.Fields.ContainsKey(ThreadFields.CoWriterUids))
            fields[ThreadFields.CoWriterUids] = FirestoreValue.From(Array.Empty<string>());
        return DocumentWrite.Update(thread.Path, Precondition.UnchangedSince(thread.UpdateTime), fields, null, [.. transforms]);
    }

    internal static string Preview(string text) => ThreadPreview.Of(text);

    private static FieldTransform[] AtRequestTime(params string[] fields) => [.. fields.Select(FieldTransform.RequestTime)];
}
