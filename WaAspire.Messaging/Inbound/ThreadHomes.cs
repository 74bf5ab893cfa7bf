using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Inbound;

/// <summary>Where a conversation lives, as it was just read.</summary>
/// <param name="ThreadId">Its one id.</param>
/// <param name="Contact">Whom it is with, canonical.</param>
/// <param name="Stored">Null when it must be created.</param>
/// <param name="Predecessors">Threads of the same contact under other spellings; they come to point here.</param>
/// <param name="NewAliases">Other addresses that this thread does not know yet.</param>
/// <param name="MissingAliasIds">Thread ids of new aliases that nobody has used; they come to point here too.</param>
internal sealed record ThreadHome(
    string ThreadId,
    Jid Contact,
    StoredDocument? Stored,
    IReadOnlyList<StoredDocument> Predecessors,
    IReadOnlyList<Jid> NewAliases,
    IReadOnlyList<(string ThreadId, Jid Alias)> MissingAliasIds)
{
    public string Path => FirestorePaths.Thread(ThreadId);
}

/// <summary>
/// Finds the one thread of a contact: under its canonical id, behind a <c>redirectTo</c>, or under a spelling that the old
/// system used. Costs one read for a thread that is known by the address written from, a few more the first time.
/// </summary>
internal sealed class ThreadHomes(DocumentGatherer documents)
{
    private const string Purpose = "inbound-thread";
    private const int AliasesMax = 5;

    public async Task<ThreadHome> FindAsync(string accountId, Jid chat, IEnumerable<Jid> aliases, CancellationToken cancellationToken)
    {
        var (threadId, stored) = await ThreadRedirects.FollowAsync(documents, accountId, ThreadId.Of(accountId, chat), Purpose, cancellationToken);
        var contact = ThreadId.JidOf(threadId, accountId) ?? chat;
        var known = stored?.Fields.Array(ThreadFields.Aliases).Select(alias => alias.AsString).ToHashSet(StringComparer.Ordinal) ?? [];
        Jid[] fresh = [.. aliases.Append(chat).Where(alias => alias != contact && !known.Contains(alias.Value)).Distinct().Take(AliasesMax)];

        // Only where something is new: the old spellings of a new thread, the threads of new aliases.
        var spellings = stored is null ? ThreadId.OldSpellings(accountId, contact) : [];
        var old = await ReadAsync(spellings, cancellationToken);
        var others = await ReadAsync([.. fresh.Select(alias => ThreadId.Of(accountId, alias))], cancellationToken);
        StoredDocument[] predecessors =
        [
            .. old.Concat(others).OfType<StoredDocument>().Where(other =>
                other.Id != threadId && ThreadRedirects.IsOf(accountId, other) && other.Fields.Text(ThreadFields.RedirectTo) != threadId),
        ];
        (string ThreadId, Jid Alias)[] missing =
            [.. fresh.Zip(others).Where(pair => pair.Second is null).Select(pair => (ThreadId.Of(accountId, pair.First), pair.First))];
        return new ThreadHome(threadId, contact, stored, predecessors, fresh, missing);
    }

    private async Task<StoredDocument?[]> ReadAsync(IReadOnlyList<string> threadIds, CancellationToken cancellationToken) =>
        await Task.WhenAll(threadIds.Select(id => documents.GetAsync(FirestorePaths.Thread(id), Purpose, cancellationToken)));
}
