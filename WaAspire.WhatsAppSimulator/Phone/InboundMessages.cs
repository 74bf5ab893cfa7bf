using System.Text.Json;
using WaAspire.WhatsAppSimulator.CloudApi;
using WaAspire.WhatsAppSimulator.Webhooks;

namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>
/// A message that a person writes to the business, as the page or a test posts it: a text, or <c>message</c> with the type
/// and payload of Meta's <c>messages[]</c> (<c>{"type":"image","image":{…},"context":{…}}</c>).
/// </summary>
internal sealed record InboundRequest(string PhoneNumberId, string From, string? Text = null, string? Name = null, JsonElement? Message = null);

/// <summary>Checks one, shows its bubble, and has its webhook sent.</summary>
internal sealed class InboundMessages(ChatStore chats, StatusSchedule schedule, BusinessNumbers numbers, MediaStore media, TimeProvider time)
{
    private const int TextMax = 4096;
    private const int NameMax = 128;
    private static readonly string NameProblem = $"name must have at most {NameMax} characters";

    /// <summary>The id of the message, or what is wrong with the request.</summary>
    public (string? Id, string? Problem) Receive(InboundRequest request)
    {
        if (numbers.DisplayNumber(request.PhoneNumberId) is null) return (null, "phoneNumberId does not exist");
        if (SendValidation.Digits(request.From) is not { } from) return (null, "from must be a phone number");
        if (chats.IsBlocked(new ChatKey(request.PhoneNumberId, from))) return (null, "the business is blocked: unblock it first");
        if (request.Message is not { } content) return ReceiveText(request, from);
        if (content.ValueKind != JsonValueKind.Object || !content.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
            return (null, "message must be an object with a type");
        if (request.Name is { Length: > NameMax }) return (null, NameProblem);
        return Receive(request, from, type.GetString()!, request.Text ?? $"[{type.GetString()}]", content);
    }

    private (string? Id, string? Problem) ReceiveText(InboundRequest request, string from)
    {
        if (string.IsNullOrWhiteSpace(request.Text) || request.Text.Length > TextMax)
            return (null, $"text must have 1 to {TextMax} characters");
        if (request.Name is { Length: > NameMax }) return (null, NameProblem);
        return Receive(request, from, "text", request.Text, content: null);
    }

    private (string? Id, string? Problem) Receive(InboundRequest request, string from, string type, string shown, JsonElement? content)
    {
        var message = new PhoneMessage(
            request.PhoneNumberId, from, Wamid.ForInbound(from), Direction.Inbound, type, shown, time.GetUtcNow(), opaque: null)
        {
            Parts = FileOf(type, content),
        };
        // Without its target a reaction is only told.
        if (type != "reaction" || (content?.TryGetProperty("reaction", out var reaction) is true && reaction.ValueKind == JsonValueKind.Object
            && reaction.TryGetProperty("message_id", out var target) && target.ValueKind == JsonValueKind.String))
            chats.Add(message, content ?? default, request.Name);
        schedule.ForInbound(message, request.Name, content is { } said ? RawJson.From(said) : null);
        return (message.Id, null);
    }

    // A file that is not here (a test may name any id) is only told.
    private BubbleParts? FileOf(string type, JsonElement? content) =>
        content is { } said && said.TryGetProperty(type, out var inner) && inner.ValueKind == JsonValueKind.Object
        && inner.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String && media.Find(id.GetString()) is { } file
            ? BubbleParts.OfFile(file.Type, file.Id)
            : null;
}
