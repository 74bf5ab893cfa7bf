using System.Buffers.Text;
using System.Text;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>
/// Message ids in the form that is seen in the wild: base64 of
/// <c>1C 18 len phone 15 02 00 direction 18 len hex 00</c>. Callers must treat them as opaque; like real ones
/// they may hold <c>/</c>, <c>+</c> and <c>=</c>, and no two are alike, across restarts too.
/// </summary>
internal static class Wamid
{
    private const string Prefix = "wamid.";
    private const byte Outbound = 0x11;
    private const byte Inbound = 0x12;

    public static string ForOutbound(string digits) => Create(digits, Outbound);

    public static string ForInbound(string digits) => Create(digits, Inbound);

    public static bool IsWellFormed(string? id) =>
        id is not null && id.Length > Prefix.Length && id.StartsWith(Prefix, StringComparison.Ordinal)
        && Base64.IsValid(id.AsSpan(Prefix.Length));

    private static string Create(string digits, byte direction)
    {
        var hex = Guid.NewGuid().ToString("N")[..20].ToUpperInvariant();
        byte[] bytes =
        [
            0x1C, 0x18, (byte)digits.Length, .. Encoding.ASCII.GetBytes(digits),
            0x15, 0x02, 0x00, direction, 0x18, (byte)hex.Length, .. Encoding.ASCII.GetBytes(hex), 0x00,
        ];
        return Prefix + Convert.ToBase64String(bytes);
    }
}
