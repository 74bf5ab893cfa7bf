using System.Security.Cryptography;
using System.Text;

namespace WaAspire.Messaging.Outbox;

/// <summary>
/// The id that a message has at WhatsApp when we may choose it (Baileys): the same for every attempt, in the shape that
/// WhatsApp's own clients use. Phones show one message for each id, which makes a repeated send harmless.
/// </summary>
public static class TransportMessageId
{
    private const string Prefix = "3EB0";
    private const int HexDigits = 18;

    public static string Of(string requestId) =>
        Prefix + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(requestId)))[..HexDigits];

    /// <summary>Whether it could be one of ours; other programs make ids of the same shape.</summary>
    public static bool IsLikely(string id) => id.Length == Prefix.Length + HexDigits && id.StartsWith(Prefix, StringComparison.Ordinal);
}
