using Microsoft.Extensions.Options;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>The business phone numbers that exist here: the configured ones, or any numeric id when none is configured.</summary>
internal sealed class BusinessNumbers(IOptions<SimulatorOptions> options)
{
    private readonly SimulatorOptions _options = options.Value;

    /// <summary>Digits that webhooks and the live check show for this id; null when the id does not exist.</summary>
    public string? DisplayNumber(string phoneNumberId)
    {
        if (_options.Numbers.TryGetValue(phoneNumberId, out var configured)) return configured;
        if (_options.Numbers.Count > 0 || !IsId(phoneNumberId)) return null;
        // 555 numbers belong to nobody.
        return "1555" + phoneNumberId.PadLeft(7, '0')[^7..];
    }

    private static bool IsId(string id) => id.Length is > 0 and <= 20 && id.All(char.IsAsciiDigit);
}
