using System.Buffers;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Worker.Sessions;

/// <summary>
/// What a message of ours said, for a phone that could not read it and asks again: the outbox knows it for as long as it
/// keeps it. <c>{"content":{"type":"text","text":{"body":"…"}}}</c>.
/// </summary>
public sealed class SentContent(IFirestore firestore)
{
    private const string Purpose = "sent-content";

    /// <returns>Null when no message of this account has this id, or it says nothing.</returns>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<byte[]?> FindAsync(string accountId, string messageId, CancellationToken cancellationToken)
    {
        var query = new DocumentQuery(FirestorePaths.Outbox) { Where = [FieldFilter.Equal(OutboxFields.TransportMessageId, messageId)], Limit = 1 };
        var found = await firestore.QueryAsync(query, Purpose, cancellationToken);
        return found.Documents.Select(OutboxDocument.Read).FirstOrDefault(message => message.AccountId == accountId) is { } message ? Write(message) : null;
    }

    private static byte[]? Write(OutboxDocument message)
    {
        if (MessagePayload.Read(message.Payload, message.Body) is not { } content)
        {
            return null;
        }

        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WritePropertyName("content");
            PlainJson.Write(json, FirestoreValue.From(content));
            json.WriteEndObject();
        }

        return body.WrittenSpan.ToArray();
    }
}
