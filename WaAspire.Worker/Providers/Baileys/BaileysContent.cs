using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Worker.Providers.Baileys;

/// <summary>What a message says, in the gateway's words: the stored message object as it is, without its envelope.</summary>
internal static class BaileysContent
{
    /// <returns>Null when the message holds nothing of a kind that can be sent.</returns>
    public static JsonNode? Of(OutboxDocument message)
    {
        if (MessagePayload.Read(message.Payload, message.Body) is not { } payload)
        {
            return null;
        }

        var type = payload.Text(MessagePayload.Type)!;
        var named = new DocumentFields(payload.Where(field => field.Key == type || field.Key is MessagePayload.Type or MessagePayload.Context));
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            PlainJson.Write(json, FirestoreValue.From(named));
        }

        return JsonNode.Parse(body.WrittenSpan);
    }
}
