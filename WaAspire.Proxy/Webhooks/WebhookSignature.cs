using System.Security.Cryptography;
using System.Text;

namespace WaAspire.Proxy.Webhooks;

/// <summary>
/// <c>X-Hub-Signature-256: sha256={hex of HMAC-SHA256(app secret, raw body)}</c>. Over the raw bytes, because Meta writes
/// non-ASCII as \uXXXX and no JSON writer gives that back; in constant time, so that nobody can feel their way to it.
/// </summary>
internal static class WebhookSignature
{
    public const string Header = "X-Hub-Signature-256";
    private const string Scheme = "sha256=";

    public static bool IsGood(string header, ReadOnlySpan<byte> body, string appSecret)
    {
        var expected = Scheme + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(appSecret), body));
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(header));
    }
}
