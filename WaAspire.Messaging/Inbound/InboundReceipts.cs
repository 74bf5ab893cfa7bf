using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Inbound;

/// <summary>What the store knows of one message before it is stored (again).</summary>
/// <param name="HasMarker">It was received once.</param>
/// <param name="IsSeen">It is stored: nothing is left to do.</param>
internal readonly record struct InboundReceipt(bool HasMarker, bool IsSeen);

/// <summary>
/// Looks up markers and messages after a commit was refused. A marker means seen, even past its <c>expiresAt</c>, unless
/// the message is missing: the old system wrote the marker first and sometimes died there.
/// </summary>
internal sealed class InboundReceipts(DocumentGatherer documents)
{
    private const string Purpose = "inbound-seen";

    public async Task<IReadOnlyList<InboundReceipt>> ReadAsync(ThreadHome home, IReadOnlyList<InboundMessage> messages, CancellationToken cancellationToken) =>
        await Task.WhenAll(messages.Select(message => ReadAsync(home, message, cancellationToken)));

    private async Task<InboundReceipt> ReadAsync(ThreadHome home, InboundMessage message, CancellationToken cancellationToken)
    {
        var marker = await GetAsync(FirestorePaths.InboundMarker(message.AccountId, message.ProviderMessageId), cancellationToken);
        if (message.IsReaction)
        {
            return new InboundReceipt(marker is not null, marker is not null);
        }

        // Ours name the thread; older ones may mean one under an old spelling.
        string[] threads = marker is null ? [home.ThreadId]
            : marker.Fields.Text("threadId") is { } told ? [told, home.ThreadId]
            : [home.ThreadId, ThreadId.Of(message.AccountId, message.Chat), .. ThreadId.OldSpellings(message.AccountId, message.Chat)];
        var id = DocumentId.Escape(message.ProviderMessageId);
        var found = await Task.WhenAll(threads.Distinct(StringComparer.Ordinal).Select(thread => GetAsync(FirestorePaths.ThreadMessage(thread, id), cancellationToken)));
        return new InboundReceipt(marker is not null, found.Any(stored => stored is not null));
    }

    private Task<StoredDocument?> GetAsync(string path, CancellationToken cancellationToken) => documents.GetAsync(path, Purpose, cancellationToken);
}
