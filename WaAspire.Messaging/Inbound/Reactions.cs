using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Messaging.Inbound;

/// <summary>
/// <c>reactions</c> of a thread message: <c>{jid: {emoji, at}}</c>, one a person. An emoji that was taken back stays as
/// null with its time, so that an older one which comes late does not bring it back.
/// </summary>
internal static class Reactions
{
    private const int PeopleMax = 1024;

    public static DocumentFields With(DocumentFields? before, InboundMessage message, InboundReaction reaction, DateTimeOffset at)
    {
        var after = new DocumentFields(before ?? []);
        var who = (message.Sender ?? message.Chat).Value;
        if ((after.Map(who)?.Timestamp("at") is { } known && known > at) || (after.Count >= PeopleMax && !after.ContainsKey(who)))
        {
            return after;
        }

        after[who] = FirestoreValue.From(new DocumentFields { ["emoji"] = reaction.Emoji, ["at"] = at });
        return after;
    }
}

/// <summary>Finds the messages that reactions stand on: theirs by its id, ours by the provider id that the outbox holds.</summary>
internal sealed class ReactionTargets(IFirestore firestore, DocumentGatherer documents)
{
    private const string Purpose = "inbound-reaction";

    /// <summary>By the provider's id; those that are not there are absent.</summary>
    public async Task<IReadOnlyDictionary<string, StoredDocument>> FindAsync(
        ThreadHome home, IReadOnlyList<InboundMessage> messages, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, StoredDocument>(StringComparer.Ordinal);
        var arriving = messages.Select(message => message.ProviderMessageId).ToHashSet(StringComparer.Ordinal);
        foreach (var reaction in messages.Where(message => message.IsReaction))
        {
            var id = reaction.Reaction!.TargetId;
            if (!arriving.Contains(id) && !found.ContainsKey(id) && await FindAsync(home, reaction.AccountId, id, cancellationToken) is { } target)
            {
                found[id] = target;
            }
        }

        return found;
    }

    private async Task<StoredDocument?> FindAsync(ThreadHome home, string accountId, string id, CancellationToken cancellationToken)
    {
        var theirs = await documents.GetAsync(FirestorePaths.ThreadMessage(home.ThreadId, DocumentId.Escape(id)), Purpose, cancellationToken);
        if (theirs is not null)
        {
            return theirs;
        }

        var ours = await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox) { Where = [FieldFilter.Equal(OutboxFields.ProviderMessageId, id)], Limit = 1 }, Purpose, cancellationToken);
        return ours.Documents.Select(OutboxDocument.Read).FirstOrDefault(message => message.AccountId == accountId && message.ThreadId is not null) is { } sent
            ? await documents.GetAsync(FirestorePaths.ThreadMessage(sent.ThreadId!, sent.RequestId), Purpose, cancellationToken)
            : null;
    }
}
