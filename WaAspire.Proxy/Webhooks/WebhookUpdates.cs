using System.Text;
using System.Text.Json;
using WaAspire.Messaging.Inbound;

namespace WaAspire.Proxy.Webhooks;

/// <param name="PhoneNumberId">The business number it was written to; null when the change does not say.</param>
internal sealed record ReceivedMessage(string? PhoneNumberId, InboundMessage Message);

/// <summary>
/// The updates of one webhook request, entry by entry and change by change. What cannot be read is set aside and never
/// thrown: one odd update must not hold back the thousand beside it, nor be delivered again for seven days.
/// <c>{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"…"},
/// "contacts":[…],"messages":[…],"statuses":[…],"errors":[…]}}]}]}</c>
/// </summary>
internal sealed class WebhookUpdates
{
    private static readonly JsonDocumentOptions Tolerant = new() { MaxDepth = 64 };

    private static readonly string[] _lists = ["messages", "statuses", "errors"];
    private static readonly string[] _ofAll = ["messaging_product", "metadata", "contacts"];

    private readonly List<ProviderStatus> _statuses = [];
    private readonly List<ReceivedMessage> _messages = [];
    private readonly List<RejectedUpdate> _rejected = [];

    public IReadOnlyList<ProviderStatus> Statuses => _statuses;

    public IReadOnlyList<ReceivedMessage> Messages => _messages;

    /// <summary>Unreadable, unknown, or of a field that we do not follow: each is kept raw.</summary>
    public IReadOnlyList<RejectedUpdate> Rejected => _rejected;

    public static WebhookUpdates Read(ReadOnlyMemory<byte> body)
    {
        var updates = new WebhookUpdates();
        try
        {
            using var json = JsonDocument.Parse(body, Tolerant);
            updates.AddBody(json.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            updates.Reject("unreadable", new string([.. Encoding.UTF8.GetString(body.Span).Where(c => !char.IsControl(c))]), "body");
        }

        return updates;
    }

    private void AddBody(JsonElement body)
    {
        if (body.Member("entry") is not { ValueKind: JsonValueKind.Array })
        {
            Reject("unreadable", body.Raw(), "body");
        }

        foreach (var entry in body.Members("entry"))
        {
            if (entry.Member("changes") is not { ValueKind: JsonValueKind.Array })
            {
                Reject("unreadable", entry.Raw(), "entry");
            }

            foreach (var change in entry.Members("changes"))
            {
                Guarded(change, "change", AddChange);
            }
        }
    }

    private void AddChange(JsonElement change)
    {
        if (change.Word("field") is not "messages" || change.Object("value") is not { } value)
        {
            Reject(change.Word("field") is null or "messages" ? "unreadable" : "other_field", change.Raw(), change.Word("field"));
            return;
        }

        var (number, contacts) = (value.Object("metadata")?.Word("phone_number_id"), value.Members("contacts"));
        foreach (var message in value.Members("messages"))
        {
            Guarded(message, "message", one => AddMessage(one, number, contacts));
        }

        foreach (var status in value.Members("statuses"))
        {
            Guarded(status, "status", AddStatus);
        }

        foreach (var error in value.Members("errors"))
        {
            Reject("account_error", error.Raw(), error.Member("code") is { ValueKind: JsonValueKind.Number } code ? code.Raw() : null);
        }

        KeepOdd(value);
    }

    /// <summary>A list that is none, and what Meta may add beside the lists: nobody else has read it, and Meta will not tell it again.</summary>
    private void KeepOdd(JsonElement value)
    {
        var odd = value.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null
            && (_lists.Contains(member.Name) ? member.Value.ValueKind != JsonValueKind.Array : !_ofAll.Contains(member.Name))).ToArray();
        if (odd.Length > 0)
        {
            Reject(
                "unknown_field",
                $"{{{string.Join(',', odd.Select(member => $"{JsonSerializer.Serialize(member.Name)}:{member.Value.Raw()}"))}}}",
                odd[0].Name);
        }
    }

    private void AddMessage(JsonElement message, string? number, IReadOnlyList<JsonElement> contacts)
    {
        var (read, problem) = MessageReading.Read(message, contacts);
        if (read is null)
        {
            Reject(problem!, message.Raw(), "message");
            return;
        }

        _messages.Add(new ReceivedMessage(number, read));
    }

    private void AddStatus(JsonElement status)
    {
        var read = StatusReading.Read(status);
        if (read is null || StatusRank.Of(read.Status) == 0)
        {
            Reject(read is null ? "unreadable" : "unknown_status", status.Raw(), read?.Status ?? "status");
            return;
        }

        _statuses.Add(read);
    }

    private void Guarded(JsonElement element, string what, Action<JsonElement> add)
    {
        try
        {
            add(element);
        }
        // Half of a surrogate pair, or bytes that are no UTF-8: lawful JSON, but no text. It does not cost the updates beside it.
        catch (InvalidOperationException)
        {
            Reject("unreadable", element.Raw(), what);
        }
    }

    private void Reject(string reason, string raw, string? detail) => _rejected.Add(new RejectedUpdate(reason, raw, detail));
}
