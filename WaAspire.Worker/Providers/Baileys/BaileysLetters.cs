using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Worker.Providers.Baileys;

/// <summary>
/// What a message says, in the gateway's words: the stored message object as it is, without its envelope, and a file's
/// bytes in place of its link. An id of a file names one at Meta, which a linked device cannot reach.
/// </summary>
public sealed class BaileysLetters(LinkedFiles files)
{
    /// <returns>The content, or why there is none: nothing has left then.</returns>
    public async Task<BaileysLetter> WriteAsync(OutboxDocument message, CancellationToken cancellationToken)
    {
        if (MessagePayload.Read(message.Payload, message.Body) is not { } payload)
        {
            return new BaileysLetter(null, new SendFault("payload", "The message holds nothing that can be sent", false));
        }

        var type = payload.Text(MessagePayload.Type)!;
        var content = Plain(new DocumentFields(payload.Where(field => field.Key == type || field.Key is MessagePayload.Type or MessagePayload.Context)));
        return MessageKinds.Media.Contains(type) && content[type] is JsonObject file
            ? await WithBytesAsync(content, type, file, cancellationToken)
            : new BaileysLetter(content, null);
    }

    private async Task<BaileysLetter> WithBytesAsync(JsonObject content, string type, JsonObject file, CancellationToken cancellationToken)
    {
        if (file["link"]?.GetValue<string>() is not { Length: > 0 } link)
        {
            return new BaileysLetter(null, new SendFault("media_by_link_only", "A linked device takes a file by link", false));
        }

        switch (await files.FetchAsync(link, type, cancellationToken))
        {
            case FetchedFile.Bytes bytes:
                file.Remove("link");
                file["data"] = Convert.ToBase64String(bytes.Data.Span);
                // A voice note is only one to a phone if its codec is named.
                file["mime_type"] = bytes.MimeType == "audio/ogg" ? "audio/ogg; codecs=opus" : bytes.MimeType;
                return new BaileysLetter(content, null);
            case FetchedFile.NotNow notNow:
                return new BaileysLetter(null, new SendFault("media_link", notNow.Reason, true));
            case FetchedFile.Refused refused:
                return new BaileysLetter(null, new SendFault("media_link", refused.Reason, false));
            case var other:
                throw new InvalidOperationException($"No letter for {other.GetType().Name}.");
        }
    }

    private static JsonObject Plain(DocumentFields named)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            PlainJson.Write(json, FirestoreValue.From(named));
        }

        return JsonNode.Parse(body.WrittenSpan)!.AsObject();
    }
}

/// <param name="Content">Null when there is a fault.</param>
/// <param name="Fault">Why it cannot be sent, or not now.</param>
public sealed record BaileysLetter(JsonObject? Content, SendFault? Fault);
