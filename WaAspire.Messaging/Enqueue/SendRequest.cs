using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using WaAspire.Messaging.Enqueue.Payloads;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Messaging.Enqueue;

/// <summary>
/// A send as a client asks for it, read and found lawful:
/// <c>{"threadId":"acc__40…@s.whatsapp.net","accountId":"acc","toJid":"40…@s.whatsapp.net","text":"Hello","clientMessageId":"uuid"}</c>,
/// or instead of <c>text</c> a <c>payload</c> for every other kind of message.
/// </summary>
public sealed record SendRequest(string ThreadId, string AccountId, Jid To, MessageContent Content, string ClientMessageId)
{
    /// <summary>When it may go out.</summary>
    public SendTimes Times { get; init; } = SendTimes.AtOnce;

    private const int JidLengthMax = 256;

    private static readonly string[] Required = ["threadId", "accountId", "toJid", "text", "clientMessageId"];

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <summary>False with a sentence that a person can act on; it never repeats what was sent.</summary>
    public static bool TryRead(
        ReadOnlyMemory<byte> body, SendOptions options, [NotNullWhen(true)] out SendRequest? request, [NotNullWhen(false)] out string? problem)
    {
        request = null;
        try
        {
            using var json = JsonDocument.Parse(body, Strict);
            problem = json.RootElement.ValueKind == JsonValueKind.Object
                ? Read(json.RootElement, options, out request)
                : "The body is not a JSON object.";
        }
        // A lone surrogate is lawful JSON but not text; reading it is what throws InvalidOperationException.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            problem = "The body is not valid JSON in UTF-8.";
        }
        return problem is null;
    }

    private static string? Read(JsonElement body, SendOptions options, out SendRequest? request)
    {
        request = null;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in Required)
        {
            if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
                continue;
            if (value.ValueKind != JsonValueKind.String)
                return $"{name} must be a string.";
            if (!string.IsNullOrWhiteSpace(value.GetString()))
                values[name] = value.GetString()!;
        }
        var hasPayload = body.TryGetProperty("payload", out var payload) && payload.ValueKind != JsonValueKind.Null;
        if (Required.Any(name => !values.ContainsKey(name) && !(hasPayload && name == "text")))
            return $"Required fields: {string.Join(", ", Required)}.";
        if (ProblemWith(values, options) is { } problem)
            return problem;
        if (!Jid.TryParse(values["toJid"], out var to))
            return "toJid is not a WhatsApp address.";
        var content = hasPayload ? null : MessageContent.OfText(values["text"]);
        if (content is null && !MessageContent.TryRead(payload, values.GetValueOrDefault("text"), out content, out var wrong))
            return wrong;
        if (SendTimes.Read(body, out var times) is { } wrongTime)
            return wrongTime;
        request = new SendRequest(values["threadId"], values["accountId"], to, content, values["clientMessageId"]) { Times = times };
        return null;
    }

    private static string? ProblemWith(Dictionary<string, string> values, SendOptions options) => values switch
    {
        _ when !DocumentId.IsLawful(values["threadId"]) => "threadId is not a lawful document id.",
        _ when !DocumentId.IsLawful(values["accountId"]) => "accountId is not a lawful document id.",
        _ when values["toJid"].Length > JidLengthMax || values["toJid"].Any(char.IsControl) => "toJid is not a WhatsApp address.",
        _ when values["clientMessageId"].Length > options.ClientMessageIdLengthMax => $"clientMessageId is longer than {options.ClientMessageIdLengthMax} characters.",
        _ when values["clientMessageId"].Any(char.IsControl) => "clientMessageId holds control characters.",
        _ => values.TryGetValue("text", out var text) ? TextShape.ProblemWith(text, options.TextLengthMax, "text") : null,
    };
}
