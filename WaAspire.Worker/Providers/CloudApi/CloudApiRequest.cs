using System.Buffers;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>
/// The body of a send, for every kind of message: the stored message object goes through as it is, inside Meta's envelope.
/// What it says was checked where it was accepted; an old document that says something else is refused by Meta with a code.
/// https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
/// </summary>
internal static class CloudApiRequest
{
    /// <param name="message">In any stored form.</param>
    /// <param name="to">With its plus: without it Meta would prepend the sender's own country code.</param>
    /// <param name="opaque">Comes back with every status.</param>
    /// <returns>Null when the message holds nothing of a kind that can be sent.</returns>
    public static ReadOnlyMemory<byte>? Of(OutboxDocument message, string to, string opaque)
    {
        if (MessagePayload.Read(message.Payload, message.Body) is not { } payload)
        {
            return null;
        }

        var type = payload.Text(MessagePayload.Type)!;
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("messaging_product", "whatsapp");
            json.WriteString("recipient_type", "individual");
            json.WriteString("to", to);
            // By name, so that nothing that an old document holds beside them can change the envelope.
            foreach (var name in new[] { MessagePayload.Type, type, MessagePayload.Context, MessagePayload.IdentityKeyHash })
            {
                if (payload.TryGetValue(name, out var value))
                {
                    json.WritePropertyName(name);
                    PlainJson.Write(json, value);
                }
            }

            json.WriteString("biz_opaque_callback_data", opaque);
            json.WriteEndObject();
        }

        return body.WrittenMemory;
    }
}
