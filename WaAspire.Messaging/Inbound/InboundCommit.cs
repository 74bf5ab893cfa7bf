using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Inbound;

/// <summary>
/// The one commit of some messages of one thread: their markers, the messages, and the thread under the update time that
/// the decision was made on. A pure collection of writes: it applies as a whole or not at all, and a marker that exists
/// refuses it.
/// </summary>
internal sealed class InboundCommit(
    ThreadHome home, ThreadHome? newNumber, IReadOnlyDictionary<string, StoredDocument> targets, InboundOptions options, DateTimeOffset now)
{
    private readonly List<DocumentWrite> _markers = [];
    private readonly Dictionary<string, DocumentFields> _created = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DocumentFields> _reactedTo = new(StringComparer.Ordinal);
    private readonly ThreadActivity _thread = new(home, newNumber);

    public void Add(InboundMessage message, bool hasMarker)
    {
        var at = message.At is { } told && told <= now + options.AheadMax ? told : now;
        _markers.Add(Marker(message, hasMarker));
        // A clock that runs ahead moves the message, not its thread: what we answer meanwhile is the last activity again.
        _thread.Saw(message, at < now ? at : now);
        if (message.Reaction is { } reaction)
        {
            React(message, reaction, at);
            return;
        }

        var id = DocumentId.Escape(message.ProviderMessageId);
        var fields = InboundFields.Of(message, home, at, now);
        if (_thread.TakeWaiting(id) is { } waiting)
        {
            fields[ThreadMessageFields.Reactions] = FirestoreValue.From(waiting);
        }

        _created[id] = fields;
    }

    public IReadOnlyList<DocumentWrite> Writes() =>
    [
        .. _markers,
#if MUTATION_SeenIsStoredAgain
        .. _created.Select(message => DocumentWrite.Set(
#else
        .. _created.Select(message => DocumentWrite.Create(
#endif
            FirestorePaths.ThreadMessage(home.ThreadId, message.Key),
            message.Value,
            [.. new[] { ThreadMessageFields.CreatedAt, ThreadMessageFields.TsServer, ThreadMessageFields.UpdatedAt }.Select(FieldTransform.RequestTime)])),
        .. _reactedTo.Select(target => DocumentWrite.Update(
            targets[target.Key].Path,
            Precondition.UnchangedSince(targets[target.Key].UpdateTime),
            new DocumentFields { [ThreadMessageFields.Reactions] = FirestoreValue.From(target.Value) })),
        .. _thread.Writes(),
    ];

    // A marker without its message was left by the old system; then the message's own create keeps two of us apart.
    private DocumentWrite Marker(InboundMessage message, bool hasMarker)
    {
        var path = FirestorePaths.InboundMarker(message.AccountId, message.ProviderMessageId);
        var fields = new DocumentFields
        {
            ["accountId"] = message.AccountId,
            ["providerMessageId"] = message.ProviderMessageId,
            ["threadId"] = home.ThreadId,
            ["expiresAt"] = now + options.MarkerLifetime,
        };
        var processed = FieldTransform.RequestTime("processedAt");
#if MUTATION_SeenIsStoredAgain
        hasMarker = true;
#endif
        return hasMarker ? DocumentWrite.Set(path, fields, processed) : DocumentWrite.Create(path, fields, processed);
    }

    // On the bubble it belongs to. One that overtook its message waits in the thread.
    private void React(InboundMessage message, InboundReaction reaction, DateTimeOffset at)
    {
        var target = DocumentId.Escape(reaction.TargetId);
        if (_created.TryGetValue(target, out var created))
        {
            created[ThreadMessageFields.Reactions] = FirestoreValue.From(Reactions.With(created.Map(ThreadMessageFields.Reactions), message, reaction, at));
        }
        else if (targets.TryGetValue(reaction.TargetId, out var stored))
        {
            var before = _reactedTo.GetValueOrDefault(reaction.TargetId) ?? stored.Fields.Map(ThreadMessageFields.Reactions);
            _reactedTo[reaction.TargetId] = Reactions.With(before, message, reaction, at);
        }
        else
        {
            _thread.Wait(target, message, reaction, at);
        }
    }
}
