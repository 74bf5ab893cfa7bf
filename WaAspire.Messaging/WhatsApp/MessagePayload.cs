using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.WhatsApp;

/// <summary>
/// What a message says, in one form whatever the document holds: Meta's message object without its envelope,
/// <c>{"type":"image","image":{"link":"https://…","caption":"Hi"},"context":{"message_id":"wamid.…"}}</c>.
/// Other forms that are stored and must stay sendable: <c>{text}</c>, which a plain text is stored as; <c>{message}</c> of the
/// old direct API; <c>{image:{url},mimetype,fileName,caption}</c> of its media; and no payload at all beside a <c>body</c>.
/// </summary>
public static class MessagePayload
{
    public const string Type = "type";
    public const string Context = "context";
    public const string IdentityKeyHash = "recipient_identity_key_hash";

    /// <summary>Null when there is nothing in it that we know how to send.</summary>
    public static DocumentFields? Read(DocumentFields? payload, string? body)
    {
        if (payload is null || payload.Values.All(value => value.Kind == FirestoreValueKind.Null))
        {
            return OfText(body);
        }

        if (payload.Text(Type) is { } type)
        {
            return MessageKinds.IsKnown(type) && ContentOf(payload, type).Kind is FirestoreValueKind.Map or FirestoreValueKind.Array ? payload : null;
        }

        return OfUrl(payload) ?? OfText(payload.Text("text") ?? payload.Text("message"));
    }

    /// <summary>What stands under the name of its type.</summary>
    public static FirestoreValue ContentOf(DocumentFields payload, string type) => payload.GetValueOrDefault(type, FirestoreValue.Null);

    private static DocumentFields? OfText(string? text) => string.IsNullOrEmpty(text) ? null : new()
    {
        [Type] = MessageKinds.Text,
        [MessageKinds.Text] = FirestoreValue.From(new DocumentFields { ["body"] = text, ["preview_url"] = false }),
    };

    /// <summary>The old system named a link <c>url</c> and put what belongs to it beside it.</summary>
    private static DocumentFields? OfUrl(DocumentFields payload)
    {
        foreach (var kind in MessageKinds.Media)
        {
            if (payload.Map(kind)?.Text("url") is not { Length: > 0 } url)
            {
                continue;
            }

            var media = new DocumentFields { ["link"] = url };
            if (kind is not (MessageKinds.Audio or MessageKinds.Sticker) && payload.Text("caption") is { Length: > 0 } caption)
            {
                media["caption"] = caption;
            }

            if (kind == MessageKinds.Document && (payload.Text("fileName") ?? payload.Text("filename")) is { Length: > 0 } name)
            {
                media["filename"] = name;
            }

            return new() { [Type] = kind, [kind] = FirestoreValue.From(media) };
        }

        return null;
    }
}
