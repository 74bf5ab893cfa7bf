using System.Text.Json;
using WaAspire.WhatsAppSimulator.CloudApi;
using WaAspire.WhatsAppSimulator.Webhooks;

namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>A message that a person writes to the business, as the page or a test posts it.</summary>
internal sealed record InboundRequest(string PhoneNumberId, string From, string Text, string? Name = null);

/// <summary>Checks one, shows its bubble, and has its webhook sent.</summary>
internal sealed class InboundMessages(ChatStore chats, StatusSchedule schedule, BusinessNumbers numbers, TimeProvider time)
{
    private const int TextMax = 4096;
    private const int NameMax = 128;

    /// <summary>The id of the message, or what is wrong with the request.</summary>
    public (string? Id, string? Problem) Receive(InboundRequest request)
    {
        if (numbers.DisplayNumber(request.PhoneNumberId) is null) return (null, "phoneNumberId does not exist");
        if (SendValidation.Digits(request.From) is not { } from) return (null, "from must be a phone number");
        if (string.IsNullOrWhiteSpace(request.Text) || request.Text.Length > TextMax)
            return (null, $"text must have 1 to {TextMax} characters");
        if (request.Name is { Length: > NameMax }) return (null, $"name must have at most {NameMax} characters");

        var message = new PhoneMessage(
            request.PhoneNumberId, from, Wamid.ForInbound(from), Direction.Inbound, "text", request.Text, time.GetUtcNow(), opaque: null);
        chats.Add(message, default(JsonElement), request.Name);
        schedule.ForInbound(message, request.Name);
        return (message.Id, null);
    }
}
