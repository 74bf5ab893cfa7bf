using System.Text.Json;
using WaAspire.Messaging.Accounts;

namespace WaAspire.Proxy.Webhooks;

/// <summary>
/// What a webhook says about those who send, beside the messages themselves: errors of receipts and of the number
/// (<c>value.statuses[].errors[]</c>, <c>value.errors[]</c>), and reviews of templates
/// (<c>{"field":"message_template_status_update","value":{"event":"PAUSED","message_template_name":"…","message_template_language":"en_US"}}</c>).
/// </summary>
internal sealed class AccountEvents
{
    private const int EventsMax = 2000;
    private const int TextLengthMax = 1024;
    private const string Failed = "failed";
    private const string TemplateField = "message_template_status_update";

    // The errors that sending a paused and a disabled template meets.
    private const int TemplatePaused = 132015;
    private const int TemplateDisabled = 132016;

    private static readonly JsonDocumentOptions Tolerant = new() { MaxDepth = 64 };

    private readonly List<ReportedFault> _faults = [];
    private readonly List<ReviewedTemplate> _templates = [];

    public IReadOnlyList<ReportedFault> Faults => _faults;

    public IReadOnlyList<ReviewedTemplate> Templates => _templates;

    /// <summary>Bodies without a trace of either, which is nearly all of them, are not read a second time.</summary>
    public static AccountEvents Read(ReadOnlyMemory<byte> body)
    {
        var events = new AccountEvents();
        if (body.Span.IndexOf("\"errors\""u8) < 0 && body.Span.IndexOf("\"message_template_status_update\""u8) < 0)
            return events;
        try
        {
            using var json = JsonDocument.Parse(body, Tolerant);
            foreach (var entry in Members(json.RootElement, "entry"))
                foreach (var change in Members(entry, "changes"))
                    events.AddChange(Text(entry, "id"), TimeOf(Member(entry, "time")), change);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The updates' own reading counts what cannot be read.
        }
        return events;
    }

    private void AddChange(string? businessAccountId, DateTimeOffset? at, JsonElement change)
    {
        if (Member(change, "value") is not { ValueKind: JsonValueKind.Object } value || _faults.Count + _templates.Count >= EventsMax)
            return;
        if (Text(change, "field") == TemplateField && businessAccountId is not null)
            AddTemplate(businessAccountId, value);
        if (Text(change, "field") != "messages" || Member(value, "metadata") is not { } metadata || Text(metadata, "phone_number_id") is not { } phoneNumberId)
            return;
        // An error of the number has no time of its own; without one, a late delivery would pause who has been resumed since.
        AddErrors(phoneNumberId, value, at ?? LatestOf(value), null);
        foreach (var status in Members(value, "statuses").Where(status => Text(status, "status") == Failed))
            AddErrors(phoneNumberId, status, TimeOf(Member(status, "timestamp")), Text(status, "biz_opaque_callback_data"));
    }

    private void AddErrors(string phoneNumberId, JsonElement holder, DateTimeOffset? at, string? opaque)
    {
        foreach (var error in Members(holder, "errors"))
        {
            if (Member(error, "code") is { ValueKind: JsonValueKind.Number } code && code.TryGetInt32(out var number))
                _faults.Add(new ReportedFault(phoneNumberId, number, at, opaque));
        }
    }

    private void AddTemplate(string businessAccountId, JsonElement value)
    {
        int? code = Text(value, "event") switch
        {
            "APPROVED" or "REINSTATED" => null,
            "PAUSED" => TemplatePaused,
            "DISABLED" or "REJECTED" => TemplateDisabled,
            _ => 0,
        };
        if (code != 0 && Text(value, "message_template_name") is { Length: > 0 } name)
            _templates.Add(new ReviewedTemplate(businessAccountId, new TemplateName(name, Text(value, "message_template_language") ?? ""), code));
    }

    private static DateTimeOffset? LatestOf(JsonElement value) =>
        Members(value, "statuses").Concat(Members(value, "messages")).Max(told => TimeOf(Member(told, "timestamp")));

    /// <summary>Seconds, as text or as a number.</summary>
    private static DateTimeOffset? TimeOf(JsonElement? time) =>
        long.TryParse(time is { ValueKind: JsonValueKind.String or JsonValueKind.Number } told ? told.ToString() : null, out var seconds) && seconds > 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private static JsonElement[] Members(JsonElement holder, string name) =>
        Member(holder, name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    private static string? Text(JsonElement holder, string name) =>
        Member(holder, name) is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: <= TextLengthMax } value ? value : null;

    private static JsonElement? Member(JsonElement holder, string name) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out var member) ? member : null;
}
