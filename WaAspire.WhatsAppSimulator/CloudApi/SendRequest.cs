using System.Text.Json;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>
/// A request to send that has passed validation. <see cref="Input"/> is the recipient as written,
/// <see cref="To"/> its digits.
/// </summary>
internal sealed record SendRequest(string PhoneNumberId, string Input, string To, string Type, string? Opaque, JsonElement Body)
{
    public RawJson Json { get; } = RawJson.From(Body);

    /// <summary>Id of the message that it quotes.</summary>
    public string? RepliesTo { get; } = Body.TryGetProperty("context", out var context) ? context.GetProperty("message_id").GetString() : null;

    /// <summary>What its bubble will say.</summary>
    public string Text { get; } = BubbleText.Of(Type, Body);
}
