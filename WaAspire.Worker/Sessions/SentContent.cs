using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Providers.Baileys;

namespace WaAspire.Worker.Sessions;

/// <summary>
/// What a message of ours said, for a phone that could not read it and asks again: the outbox knows it for as long as it
/// keeps it. <c>{"content":{"type":"text","text":{"body":"…"}}}</c>.
/// </summary>
public sealed class SentContent(IFirestore firestore, BaileysLetters letters)
{
    private const string Purpose = "sent-content";

    /// <returns>Null when no message of this account has this id, or it says nothing that can be said again.</returns>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<JsonObject?> FindAsync(string accountId, string messageId, CancellationToken cancellationToken)
    {
        var query = new DocumentQuery(FirestorePaths.Outbox) { Where = [FieldFilter.Equal(OutboxFields.TransportMessageId, messageId)], Limit = 1 };
        var found = await firestore.QueryAsync(query, Purpose, cancellationToken);
        return found.Documents.Select(OutboxDocument.Read).FirstOrDefault(message => message.AccountId == accountId) is { } message
            && (await letters.WriteAsync(message, cancellationToken)).Content is { } content
            ? new JsonObject { ["content"] = content }
            : null;
    }
}
