using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>The business phone numbers that exist here: the configured ones, or any numeric id when none is configured.</summary>
internal sealed class BusinessNumbers(IOptions<SimulatorOptions> options)
{
    private readonly SimulatorOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, bool> _linked = new(StringComparer.Ordinal);

    /// <summary>A number that is paired by QR code: it is its own id. False: it was known.</summary>
    public bool Link(string digits) => _linked.TryAdd(digits, true);

    public bool IsLinked(string phoneNumberId) => _linked.ContainsKey(phoneNumberId);

    /// <summary>Digits that webhooks and the live check show for this id; null when the id does not exist.</summary>
    public string? DisplayNumber(string phoneNumberId)
    {
        if (IsLinked(phoneNumberId)) return phoneNumberId;
        if (_options.Numbers.TryGetValue(phoneNumberId, out var configured)) return configured;
        if (_options.Numbers.Count > 0 || !IsId(phoneNumberId)) return null;
        // 555 numbers belong to nobody.
        return "1555" + phoneNumberId.PadLeft(7, '0')[^7..];
    }

    private static bool IsId(string id) => id.Length is > 0 and <= 20 && id.All(char.IsAsciiDigit);
}
