using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using WaAspire.Messaging.Enqueue.Payloads;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Enqueue;

/// <summary>What a message says, ready to be stored.</summary>
/// <param name="Type">Meta's word for its kind.</param>
/// <param name="Body">What chat lists show: its own words, else what the client calls it, else a placeholder.</param>
/// <param name="Payload">A plain text as <c>{text}</c>, which the old system reads too; any other kind as Meta's message object.</param>
/// <param name="Media">What clients draw a file from: <c>{type, url | id, mimetype, filename, caption}</c>. Null for what is no file.</param>
public sealed record MessageContent(string Type, string Body, DocumentFields Payload, DocumentFields? Media = null)
{
    private static readonly string[] _notStored = ["recipient_type"];

    public static MessageContent OfText(string text) => new(MessageKinds.Text, text, new DocumentFields { ["text"] = text });

    /// <param name="json">Either form of <c>payload</c>.</param>
    /// <param name="text">What the client calls it; not sent.</param>
    /// <param name="content">What to store.</param>
    /// <param name="problem">A sentence that names the field.</param>
    public static bool TryRead(JsonElement json, string? text, [NotNullWhen(true)] out MessageContent? content, [NotNullWhen(false)] out string? problem)
    {
        content = null;
        problem = PayloadRules.Problem(json);
        if (problem is not null)
            return false;
        var given = PlainJson.ReadFields(json);
        var payload = new DocumentFields(MessagePayload.Read(given, body: null)!.Where(field => !_notStored.Contains(field.Key)));
        var type = payload.Text(MessagePayload.Type)!;
        var body = OwnWords(type, payload.Map(type)) ?? (type == MessageKinds.Reaction ? null : text) ?? MessageKinds.Placeholder(type);
        content = new MessageContent(type, body, payload, MessageKinds.Media.Contains(type) ? MediaOf(type, payload.Map(type)!, given) : null);
        return true;
    }

    /// <summary>A reaction has no words: it stands on another message's bubble, and its emoji is nobody's sentence.</summary>
    private static string? OwnWords(string type, DocumentFields? content)
    {
        var words = type switch
        {
            MessageKinds.Text => content?.Text("body"),
            MessageKinds.Interactive => content?.Map("body")?.Text("text"),
            _ => content?.Text("caption"),
        };
        return string.IsNullOrEmpty(words) ? null : words;
    }

    private static DocumentFields MediaOf(string type, DocumentFields content, DocumentFields given)
    {
        (string Name, string? Value)[] parts =
        [
            ("type", type),
            ("url", content.Text("link")),
            ("id", content.Text("id")),
            ("mimetype", given.Text("mimetype")),
            ("filename", content.Text("filename") ?? given.Text("fileName") ?? given.Text("filename")),
            ("caption", content.Text("caption")),
        ];
        return new DocumentFields(parts.Where(part => part.Value is not null).Select(part => KeyValuePair.Create(part.Name, FirestoreValue.From(part.Value))));
    }
}
