using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Proxy.Webhooks;

/// <summary>
/// One of <c>messages[]</c> in our words: <c>{"from":"40712345678","id":"wamid.…","timestamp":"1767225600","type":"text",
/// "text":{"body":"Hi"},"context":{"id":"wamid.…"}}</c>. Oddities: a user who hides the number comes as
/// <c>from_user_id</c> without <c>from</c>; a message in a group has <c>group_id</c>; a system message has no contact.
/// </summary>
internal static class MessageReading
{
    private const int UnknownBytesMax = 16 * 1024;

    // What Meta may add is kept, beside what we know: this list only says which is which.
    private static readonly HashSet<string> _known = new(StringComparer.Ordinal)
    {
        "from", "from_user_id", "from_parent_user_id", "id", "timestamp", "type", "context", "referral", "group_id", "errors", "recipient_type",
    };

    /// <summary>The message without its account, or why it cannot be one of a conversation.</summary>
    public static (InboundMessage? Message, string? Problem) Read(JsonElement message, IReadOnlyList<JsonElement> contacts)
    {
        if (message.Word("id") is not { } id)
        {
            return (null, "unreadable");
        }

        var type = message.Word("type") ?? "unknown";
        var contact = ContactOf(message, contacts);
        if (Addresses(message, contact) is not [var sender, .. var aliases])
        {
            return (null, "bad_address");
        }

        var group = message.Word("group_id");
        var chat = sender;
        if (group is not null && !Jid.TryParse(DocumentId.Escape(group) + "@g.us", out chat))
        {
            return (null, "bad_address");
        }

        var read = MessageContent.Read(message, type) with
        {
            ProviderMessageId = id,
            Chat = chat,
            Sender = group is null ? null : sender,
            Aliases = group is null ? aliases : [],
            SenderName = contact?.Object("profile")?.Word("name"),
            Username = contact?.Object("profile")?.Word("username"),
            At = message.Seconds("timestamp"),
            Raw = message.Raw(),
        };
        AddCommon(read.Details, message, type, read.Type);
        // Somebody whose number is known stays there under a new hidden address: it is one more alias, not a move.
        return read is { MovedTo: { IsHidden: true } user, Chat.IsPerson: true }
            ? (read with { MovedTo = null, Aliases = [.. read.Aliases, user] }, null)
            : (read, null);
    }

    /// <summary>The phone number first where it is told, then the hidden address. Empty when neither is an address.</summary>
    private static Jid[] Addresses(JsonElement message, JsonElement? contact)
    {
        var phone = message.Word("from") ?? contact?.Word("wa_id");
        var user = message.Word("from_user_id") ?? contact?.Word("user_id");
        string?[] spellings = [phone, user is null ? null : user + "@bsuid"];
        return [.. spellings.Select(spelling => Jid.TryParse(spelling, out var jid) ? jid : (Jid?)null).OfType<Jid>()];
    }

    private static JsonElement? ContactOf(JsonElement message, IReadOnlyList<JsonElement> contacts)
    {
        var (from, user) = (message.Word("from"), message.Word("from_user_id"));
        return contacts.Where(contact => (from is not null && contact.Word("wa_id") == from) || (user is not null && contact.Word("user_id") == user))
            .Select(contact => (JsonElement?)contact).FirstOrDefault();
    }

    private static void AddCommon(DocumentFields details, JsonElement message, string type, string readType)
    {
        if (message.Object("context") is { } context)
        {
            details[ThreadMessageFields.Context] = JsonReading.Value(context);
            if (context.IsTrue("forwarded") || context.IsTrue("frequently_forwarded"))
            {
                details[ThreadMessageFields.Forwarded] = true;
            }

            if (context.IsTrue("frequently_forwarded"))
            {
                details[ThreadMessageFields.FrequentlyForwarded] = true;
            }
        }

        foreach (var name in new[] { "referral", "errors" })
        {
            if (message.Member(name) is { } value)
            {
                details[name] = JsonReading.Value(value);
            }
        }

        if (readType == "unknown" && message.Raw() is { Length: <= UnknownBytesMax } raw)
        {
            details[ThreadMessageFields.Raw] = raw;
        }

        var fields = message.EnumerateObject().Where(member => member.Name != type && !_known.Contains(member.Name)).ToArray();
        if (readType != "unknown" && fields.Length > 0 && fields.Sum(member => member.Value.Raw().Length) <= UnknownBytesMax)
        {
            details[ThreadMessageFields.UnknownFields] = FirestoreValue.From(
                new DocumentFields(fields.Take(100).DistinctBy(member => member.Name).Where(member => member.Name.Length > 0)
                    .Select(member => KeyValuePair.Create(member.Name, FirestoreValue.From(member.Value.Raw())))));
        }
    }
}
