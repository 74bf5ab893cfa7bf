using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Inbound;

/// <summary>What a message says, by its type: the words that can be shown, and the rest under its own name.</summary>
/// <remarks>https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples</remarks>
public static class MessageContent
{
    /// <exception cref="InvalidOperationException">A text holds half of a surrogate pair.</exception>
    public static InboundMessage Read(JsonElement message, string type) => (type, message.Object(type)) switch
    {
        ("text", { } text) => Said("text", text.Text("body")),
        ("image" or "video" or "audio" or "document" or "sticker", { } media) => Media(type, media),
        ("location", { } place) => With(Said(type, Joined(", ", place.Text("name"), place.Text("address"))), type, place),
        ("contacts", _) when message.Member("contacts") is { ValueKind: JsonValueKind.Array } people =>
            With(Said(type, Joined(", ", [.. people.EnumerateArray().Select(person => person.Object("name")?.Text("formatted_name"))])), type, people),
        ("button", { } button) => With(Said(type, button.Text("text")), type, button),
        ("interactive", { } reply) => With(Said(type, ReplyText(reply)), type, reply),
        ("order", { } order) => With(Said(type, order.Text("text")), type, order),
        ("system", { } system) => With(Said(type, system.Text("body")), type, system) with { MovedTo = MovedTo(system) },
        ("reaction", { } reaction) when reaction.Word("message_id") is { } target =>
            Said(type, null) with { Reaction = new InboundReaction(target, reaction.Word("emoji")) },
        ("unsupported", _) => Said(type, null),
        // A type of tomorrow, or one without its content: a bubble that says so, with all that came.
        _ => Said("unknown", null),
    };

    private static InboundMessage Said(string type, string? body) =>
        new() { AccountId = "", ProviderMessageId = "", Chat = default, Raw = "", Type = type, Body = body, Details = [] };

    private static InboundMessage With(InboundMessage message, string name, JsonElement content)
    {
        message.Details[name] = JsonReading.Value(content);
        return message;
    }

    private static InboundMessage Media(string type, JsonElement media)
    {
        var mimeType = media.Word("mime_type");
        // Clients read one spelling, old documents have the other.
        var fields = new DocumentFields { ["type"] = type, ["id"] = media.Word("id"), ["mimetype"] = mimeType, ["mimeType"] = mimeType };
        foreach (var name in new[] { "sha256", "caption", "filename", "url" })
        {
            if (media.Text(name) is { } value)
            {
                fields[name] = value;
            }
        }

        foreach (var name in new[] { "voice", "animated" })
        {
            if (media.Member(name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } flag)
            {
                fields[name] = flag.GetBoolean();
            }
        }

        AddFile(fields, media);
        return Said(type, media.Text("caption")) with { Media = fields };
    }

    /// <summary>Of a linked device: the picture that comes with the message, and what it takes to fetch the bytes.</summary>
    private static void AddFile(DocumentFields fields, JsonElement media)
    {
        if (media.Member("file_size") is { ValueKind: JsonValueKind.Number } size && size.TryGetInt64(out var bytes))
        {
            fields["sizeBytes"] = bytes;
        }

        if (media.Text("thumbnail") is { } thumbnail)
        {
            fields["thumbBase64"] = thumbnail;
        }

        if (media.Map(ThreadMessageFields.Download) is { } download)
        {
            fields[ThreadMessageFields.Download] = FirestoreValue.From(download);
        }
    }

    private static string? ReplyText(JsonElement reply) =>
        reply.Object("button_reply")?.Text("title") ?? reply.Object("list_reply")?.Text("title") ?? reply.Object("nfm_reply")?.Text("body");

    private static Jid? MovedTo(JsonElement system) => system.Word("type") switch
    {
        "user_changed_number" when Jid.TryParse(system.Word("wa_id") ?? system.Word("new_wa_id"), out var phone) => phone,
        "user_changed_user_id" when Jid.TryParse(system.Word("user_id") + "@bsuid", out var user) => user,
        _ => null,
    };

    private static string? Joined(string separator, params string?[] parts) =>
        string.Join(separator, parts.Where(part => !string.IsNullOrWhiteSpace(part))) is { Length: > 0 } joined ? joined : null;
}
