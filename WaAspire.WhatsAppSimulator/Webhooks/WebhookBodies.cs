using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using WaAspire.WhatsAppSimulator.CloudApi;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>
/// Updates as Meta writes them, for example
/// <c>{"object":"whatsapp_business_account","entry":[{"id":"…","changes":[{"value":{…},"field":"messages"}]}]}</c>.
/// The encoder writes every non-ASCII character as <c>\uXXXX</c>: a receiver that checks the signature over a
/// re-serialised body fails here as it fails in production.
/// </summary>
internal sealed class WebhookBodies(BusinessNumbers numbers, IOptions<SimulatorOptions> options)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>One POST: a change for each number and kind, in each the updates in the order in which they are given.</summary>
    public byte[] Of(IEnumerable<WebhookUpdate> updates)
    {
        var changes = updates.GroupBy(update => (update.Message.PhoneNumberId, IsInbound: update is InboundUpdate))
            .Select(group => new
            {
                value = group.Key.IsInbound
                    ? Inbound(group.Key.PhoneNumberId, [.. group.Cast<InboundUpdate>()])
                    : Statuses(group.Key.PhoneNumberId, group.Cast<StatusUpdate>()),
                field = "messages",
            })
            .ToArray();
        var entry = new { id = options.Value.WabaId, changes };
        return JsonSerializer.SerializeToUtf8Bytes(new { @object = "whatsapp_business_account", entry = new[] { entry } }, Json);
    }

    private object Statuses(string phoneNumberId, IEnumerable<StatusUpdate> updates) =>
        Value(phoneNumberId, contacts: null, messages: null, [.. updates.Select(Status)]);

    private object Inbound(string phoneNumberId, InboundUpdate[] updates) =>
        Value(phoneNumberId, [.. updates.DistinctBy(update => update.Message.Contact).Select(Contact)], [.. updates.Select(Message)], statuses: null);

    private static object Contact(InboundUpdate update) =>
        new { profile = new { name = update.Name ?? update.Message.Contact }, wa_id = update.Message.Contact };

    private static object Message(InboundUpdate update)
    {
        var message = update.Message;
        object text = new
        {
            from = message.Contact,
            id = message.Id,
            timestamp = Seconds(message.At),
            type = "text",
            text = new { body = message.Text },
        };
        return update.Content is { } content ? Merged(text, content) : text;
    }

    // What every message has, and over it what this one says; a text is replaced by its content.
    private static JsonObject Merged(object common, RawJson content)
    {
        var merged = JsonSerializer.SerializeToNode(common, Json)!.AsObject();
        merged.Remove("text");
        foreach (var (name, value) in JsonNode.Parse(content.Utf8.Span)!.AsObject()) merged[name] = value?.DeepClone();
        return merged;
    }

    private object Value(string phoneNumberId, object[]? contacts, object[]? messages, object[]? statuses) => new
    {
        messaging_product = "whatsapp",
        metadata = new { display_phone_number = numbers.DisplayNumber(phoneNumberId), phone_number_id = phoneNumberId },
        contacts,
        messages,
        statuses,
    };

    private static object Status(StatusUpdate update) => new
    {
        id = update.Message.Id,
        status = update.Status,
        timestamp = Seconds(update.At),
        recipient_id = update.Message.Contact,
        biz_opaque_callback_data = update.Message.Opaque,
        pricing = Pricing(update),
        errors = update.Code is { } code ? new[] { Error(code) } : null,
    };

    // Pricing comes with sent and with one of delivered and read.
    private static object? Pricing(StatusUpdate update)
    {
        if (update.Status is not (MessageStatus.Sent or MessageStatus.Delivered)) return null;
        return update.Message.Type == "template"
            ? new { billable = true, pricing_model = "PMP", category = "utility", type = "regular" }
            : new { billable = false, pricing_model = "PMP", category = "service", type = "free_customer_service" };
    }

    private static object Error(int code) => new
    {
        code,
        title = GraphErrorCatalog.Title(code),
        message = GraphErrorCatalog.Title(code),
        error_data = new { details = "Injected by the simulator." },
        href = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    };

    private static string Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
