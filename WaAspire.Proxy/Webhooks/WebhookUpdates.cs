using System.Text.Json;
using WaAspire.Messaging.Inbound;

namespace WaAspire.Proxy.Webhooks;

/// <summary>
/// The updates of one webhook request, entry by entry and change by change. What cannot be read is counted and never
/// thrown: one odd update must not hold back the thousand beside it, nor be delivered again for seven days.
/// <c>{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"statuses":[{"id":"wamid.…",
/// "status":"delivered","timestamp":"1767225600","biz_opaque_callback_data":"…"}],"messages":[…]}}]}]}</c>
/// </summary>
internal sealed class WebhookUpdates
{
    // Meta's ids and words are far shorter; what is longer is not theirs and does not belong into a document.
    private const int TextLengthMax = 1024;

    private static readonly JsonDocumentOptions Tolerant = new() { MaxDepth = 64 };

    private readonly List<ProviderStatus> _statuses = [];

    public IReadOnlyList<ProviderStatus> Statuses => _statuses;

    /// <summary>Inbound messages: acknowledged and counted, not stored yet.</summary>
    public int Messages { get; private set; }

    public int Unreadable { get; private set; }

    /// <summary>Changes of fields that we do not follow, such as template reviews.</summary>
    public int Others { get; private set; }

    public static WebhookUpdates Read(ReadOnlyMemory<byte> body)
    {
        var updates = new WebhookUpdates();
        try
        {
            using var json = JsonDocument.Parse(body, Tolerant);
            foreach (var change in Members(json.RootElement, "entry").SelectMany(entry => Members(entry, "changes")))
                updates.AddChange(change);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            updates.Unreadable++;
        }
        return updates;
    }

    private void AddChange(JsonElement change)
    {
        try
        {
            AddReadableChange(change);
        }
        // A lone surrogate in one change does not cost the changes behind it.
        catch (InvalidOperationException)
        {
            Unreadable++;
        }
    }

    private void AddReadableChange(JsonElement change)
    {
        if (Text(change, "field") != "messages" || Member(change, "value") is not { ValueKind: JsonValueKind.Object } value)
        {
            Others++;
            return;
        }
        Messages += Members(value, "messages").Length;
        foreach (var status in Members(value, "statuses"))
            AddStatus(status);
    }

    private void AddStatus(JsonElement status)
    {
        try
        {
            if (Text(status, "id") is { Length: > 0 } id && Text(status, "status") is { Length: > 0 } word)
                _statuses.Add(new ProviderStatus(id, word, TimeOf(status), Text(status, "biz_opaque_callback_data"), ErrorCode(status), ErrorText(status)));
            else
                Unreadable++;
        }
        // A lone surrogate inside a string: lawful JSON, but no text.
        catch (InvalidOperationException)
        {
            Unreadable++;
        }
    }

    // Seconds, usually as a string. Nine-digit nonsense and far futures are no reason to lose a receipt.
    private static DateTimeOffset? TimeOf(JsonElement status)
    {
        var text = Member(status, "timestamp") is { ValueKind: JsonValueKind.String or JsonValueKind.Number } time ? time.ToString() : null;
        return long.TryParse(text, out var seconds) && seconds > 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
    }

    private static int? ErrorCode(JsonElement status) =>
        FirstError(status) is { } error && Member(error, "code") is { ValueKind: JsonValueKind.Number } code && code.TryGetInt32(out var number) ? number : null;

    private static string? ErrorText(JsonElement status) => FirstError(status) is { } error ? Text(error, "title") : null;

    private static JsonElement? FirstError(JsonElement status) => Members(status, "errors").Select(error => (JsonElement?)error).FirstOrDefault();

    private static JsonElement[] Members(JsonElement holder, string name) =>
        Member(holder, name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    private static string? Text(JsonElement holder, string name) =>
        Member(holder, name) is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: <= TextLengthMax } value ? value : null;

    private static JsonElement? Member(JsonElement holder, string name) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out var member) ? member : null;
}
