using System.Security.Cryptography;
using System.Text;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary><c>X-Hub-Signature-256</c>: HMAC-SHA256 with the app secret over the raw bytes, in lower-case hex.</summary>
internal static class WebhookSignature
{
    public const string Header = "X-Hub-Signature-256";

    public static string Of(string appSecret, ReadOnlySpan<byte> body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(appSecret), body));
}
