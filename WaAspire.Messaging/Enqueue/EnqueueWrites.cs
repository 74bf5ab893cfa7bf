using System.Diagnostics;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Enqueue;

/// <summary>
/// The three documents of an accepted message, written together: what a worker will send, what clients show, and the
/// thread's last activity. All times are the one REQUEST_TIME of the commit; the two numbers that clients sort by are
/// Firestore's time as we last heard it.
/// </summary>
internal static class EnqueueWrites
{
    private const int Schema = 2;

    public static IReadOnlyList<DocumentWrite> Of(
        SendRequest request, StoredDocument? thread, IReadOnlyList<string> behind, Sender sender, string requestId, string enqueueId, DateTimeOffset now) =>
        [Outbox(request, behind, sender.Uid, requestId, enqueueId, request.Times.ScheduledAfter(now)), ThreadMessage(request, requestId, now), Thread(request, thread, behind, sender, now)];

    private static DocumentWrite Outbox(SendRequest request, IReadOnlyList<string> behind, string uid, string requestId, string enqueueId, DateTimeOffset? sendAt)
    {
        var fields = new DocumentFields
        {
            [OutboxFields.RequestId] = requestId,
            [OutboxFields.ThreadId] = request.ThreadId,
            [OutboxFields.AccountId] = request.AccountId,
            [OutboxFields.ToJid] = request.To.Value,
            [OutboxFields.Body] = request.Content.Body,
            [OutboxFields.Payload] = FirestoreValue.From(request.Content.Payload),
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
        if (behind.Count > 0)
            fields[OutboxFields.Behind] = FirestoreValue.From(behind.Select(threadId => FirestoreValue.From(threadId)));
        if (request.Times.ExpiresAt is { } expiresAt)
            fields[OutboxFields.ExpiresAt] = expiresAt;
        // A scheduled message takes its place in the thread at its time, and nobody looks at it before.
        if (sendAt is { } at)
        {
            fields[OutboxFields.SendAt] = fields[OutboxFields.OrderAt] = fields[OutboxFields.NextAttemptAt] = at;
            return DocumentWrite.Create(FirestorePaths.OutboxMessage(requestId), fields, AtRequestTime(OutboxFields.CreatedAt, OutboxFields.UpdatedAt));
        }
        return DocumentWrite.Create(
            FirestorePaths.OutboxMessage(requestId), fields,
            AtRequestTime(OutboxFields.CreatedAt, OutboxFields.OrderAt, OutboxFields.NextAttemptAt, OutboxFields.UpdatedAt));
    }

    private static DocumentWrite ThreadMessage(SendRequest request, string requestId, DateTimeOffset now)
    {
        var fields = new DocumentFields
        {
            [ThreadMessageFields.RequestId] = requestId,
            [ThreadMessageFields.ThreadId] = request.ThreadId,
            [ThreadMessageFields.AccountId] = request.AccountId,
            [ThreadMessageFields.ClientJid] = request.To.Value,
            [ThreadMessageFields.ClientMessageId] = request.ClientMessageId,
            [ThreadMessageFields.Direction] = "outbound",
            [ThreadMessageFields.MessageType] = request.Content.Type,
            [ThreadMessageFields.Body] = request.Content.Body,
            [ThreadMessageFields.Status] = OutboxStatusNames.Queued,
            [ThreadMessageFields.LastError] = FirestoreValue.Null,
            [ThreadMessageFields.CreatedAtMs] = now.ToUnixTimeMilliseconds(),
        };
        if (request.Content.Media is { } media)
            fields[ThreadMessageFields.Media] = FirestoreValue.From(media);
        // Clients show messages by these two: a scheduled one waits at the end of the conversation, where it will be said.
        if (request.Times.ScheduledAfter(now) is { } sendAt)
        {
            fields[ThreadMessageFields.SendAt] = fields[ThreadMessageFields.TsClient] = sendAt;
            fields[ThreadMessageFields.CreatedAtMs] = sendAt.ToUnixTimeMilliseconds();
        }
        List<FieldTransform> transforms = [.. AtRequestTime(ThreadMessageFields.TsServer, ThreadMessageFields.CreatedAt, ThreadMessageFields.UpdatedAt)];
        if (!fields.ContainsKey(ThreadMessageFields.TsClient))
            transforms.AddRange(AtRequestTime(ThreadMessageFields.TsClient));
        return DocumentWrite.Create(FirestorePaths.ThreadMessage(request.ThreadId, requestId), fields, [.. transforms]);
    }

    private static DocumentWrite Thread(SendRequest request, StoredDocument? thread, IReadOnlyList<string> behind, Sender sender, DateTimeOffset now)
    {
        var fields = new DocumentFields();
        List<FieldTransform> transforms = [.. AtRequestTime(ThreadFields.UpdatedAt)];
        // Last activity only moves forward: a message dated ahead of us (a phone with a wrong clock) keeps its place. What is
        // scheduled has not been said yet: the worker shows it when it goes out.
        var isSaidNow = request.Times.ScheduledAfter(now) is null;
        if (isSaidNow && (thread?.Fields.Timestamp(ThreadFields.LastMessageAt) is not { } last || last <= now))
        {
            var preview = ThreadPreview.Of(request.Content.Body);
            fields[ThreadFields.LastMessageText] = preview;
            fields[ThreadFields.LastMessagePreview] = preview;
            fields[ThreadFields.LastMessageDirection] = "outbound";
            transforms.AddRange(AtRequestTime(ThreadFields.LastMessageAt));
            transforms.Add(FieldTransform.Maximum(ThreadFields.LastMessageAtMs, now.ToUnixTimeMilliseconds()));
        }
        if (thread is null)
            return Begin(request, fields, now, [.. transforms]);
        // They have nothing left to send, and nobody need ask again.
        string[] deleted = behind.Count == 0 && thread.Fields.ContainsKey(ThreadFields.Predecessors) ? [ThreadFields.Predecessors, ThreadFields.PredecessorsAt] : [];
        if (sender.IsService || SendPolicy.HasOwner(thread.Fields))
            return DocumentWrite.Update(thread.Path, Precondition.Present, fields, deleted, [.. transforms]);

        // Two first senders: the second finds the thread changed, reads it again and is refused like anybody else.
        fields[ThreadFields.OwnerUid] = sender.Uid;
        if (!thread.Fields.ContainsKey(ThreadFields.CoWriterUids))
            fields[ThreadFields.CoWriterUids] = FirestoreValue.From(Array.Empty<string>());
        return DocumentWrite.Update(thread.Path, Precondition.UnchangedSince(thread.UpdateTime), fields, deleted, [.. transforms]);
    }

    /// <summary>A conversation that a service begins. Without a last activity no list would show it: one that is scheduled begins now.</summary>
    private static DocumentWrite Begin(SendRequest request, DocumentFields fields, DateTimeOffset now, FieldTransform[] transforms)
    {
        fields[ThreadFields.AccountId] = request.AccountId;
        fields[ThreadFields.ClientJid] = request.To.Value;
        fields[ThreadFields.IsLid] = request.To.IsHidden;
        if (request.To.PhoneE164 is { } phone)
            fields[ThreadFields.PhoneE164] = fields[ThreadFields.Phone] = fields[ThreadFields.PhoneNumber] = fields[ThreadFields.NormalizedPhone] = phone;
        var isActive = transforms.Any(transform => transform.Field == ThreadFields.LastMessageAt);
        if (!isActive)
            fields[ThreadFields.LastMessageAtMs] = now.ToUnixTimeMilliseconds();
        return DocumentWrite.Create(
            FirestorePaths.Thread(request.ThreadId), fields, isActive ? transforms : [.. transforms, .. AtRequestTime(ThreadFields.LastMessageAt)]);
    }

    private static FieldTransform[] AtRequestTime(params string[] fields) => [.. fields.Select(FieldTransform.RequestTime)];
}
