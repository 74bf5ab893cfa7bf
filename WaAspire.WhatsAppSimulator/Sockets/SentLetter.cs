using System.Text.Json;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.Sockets;

/// <summary>One message stanza as the stand-in logged it, made into a bubble.</summary>
internal static class SentLetter
{
    private static readonly (string Field, string Type)[] Kinds =
    [
        ("imageMessage", "image"), ("videoMessage", "video"), ("audioMessage", "audio"), ("documentMessage", "document"), ("stickerMessage", "sticker"),
        ("locationMessage", "location"), ("contactMessage", "contacts"), ("contactsArrayMessage", "contacts"), ("reactionMessage", "reaction"),
    ];

    /// <summary>The bubble, and for a reaction what the store needs to find its target.</summary>
    public static (PhoneMessage Bubble, JsonElement Body) Of(JsonElement entry)
    {
        var message = entry.TryGetProperty("message", out var said) && said.ValueKind == JsonValueKind.Object ? said : default;
        var (type, content) = KindOf(message);
        var text = Text(entry, "text") ?? Text(content, "caption") ?? (type == "text" ? "(unreadable)" : BubbleText.WithoutWords(type));
        var bubble = new PhoneMessage(
            Text(entry, "account")!, Text(entry, "contact")!, Text(entry, "id")!, Direction.Outbound, type, text,
            DateTimeOffset.FromUnixTimeMilliseconds(entry.GetProperty("at").GetInt64()), opaque: null)
        {
            Status = StatusOf(Text(entry, "answer")!),
        };
        var target = content.ValueKind == JsonValueKind.Object && content.TryGetProperty("key", out var key) ? Text(key, "id") : null;
        return (bubble, type == "reaction"
            ? JsonSerializer.SerializeToElement(new { reaction = new { message_id = target ?? "", emoji = Text(content, "text") } })
            : default);
    }

    // The stand-in tells the account "delivered" by itself; what it took without a word has one tick.
    private static string StatusOf(string answer) => answer switch
    {
        "acked" or "lost" => MessageStatus.Delivered,
        _ when answer.StartsWith("error", StringComparison.Ordinal) => MessageStatus.Failed,
        _ => MessageStatus.Sent,
    };

    private static (string Type, JsonElement Content) KindOf(JsonElement message)
    {
        if (message.ValueKind == JsonValueKind.Object)
        {
            foreach (var (field, type) in Kinds)
                if (message.TryGetProperty(field, out var content) && content.ValueKind == JsonValueKind.Object)
                    return (type, content);
        }

        return ("text", default);
    }

    private static string? Text(JsonElement holder, string name) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
