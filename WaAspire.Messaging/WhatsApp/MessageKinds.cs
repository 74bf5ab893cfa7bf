using System.Collections.Frozen;

namespace WaAspire.Messaging.WhatsApp;

/// <summary>
/// The kinds of message that can be sent, by Meta's word for them, and the words that chat lists show for one that has none
/// of its own. https://developers.facebook.com/docs/whatsapp/cloud-api/messages/send-messages
/// </summary>
public static class MessageKinds
{
    public const string Text = "text";
    public const string Image = "image";
    public const string Video = "video";
    public const string Audio = "audio";
    public const string Document = "document";
    public const string Sticker = "sticker";
    public const string Location = "location";
    public const string Contacts = "contacts";
    public const string Reaction = "reaction";
    public const string Interactive = "interactive";
    public const string Template = "template";

    /// <summary>The kinds that are a file, by link or by uploaded id.</summary>
    public static readonly IReadOnlyList<string> Media = [Image, Video, Audio, Document, Sticker];

    // Clients know these words from the old system; they have none for the last two.
    private static readonly FrozenDictionary<string, string> _placeholders = new Dictionary<string, string>
    {
        [Text] = "[Message]",
        [Image] = "[Image]",
        [Video] = "[Video]",
        [Audio] = "[Audio]",
        [Document] = "[Document]",
        [Sticker] = "[Sticker]",
        [Location] = "[Location]",
        [Contacts] = "[Contact]",
        [Reaction] = "[Reaction]",
        [Interactive] = "[Message]",
        [Template] = "[Message]",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IReadOnlyCollection<string> All => _placeholders.Keys;

    public static bool IsKnown(string kind) => _placeholders.ContainsKey(kind);

    /// <summary>Also for what can only be received.</summary>
    public static string Placeholder(string kind) => kind == "poll" ? "[Poll]" : _placeholders.GetValueOrDefault(kind, "[Message]");
}
