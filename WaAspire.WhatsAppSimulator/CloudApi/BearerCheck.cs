using System.Security.Cryptography;
using System.Text;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>The token check in front of every Graph endpoint.</summary>
internal sealed class BearerCheck(SimulatorSecrets secrets)
{
    private const string Scheme = "Bearer ";

    public bool Allows(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
        var token = header[Scheme.Length..].Trim();
        if (secrets.AccessToken is null) return token.Length > 0;
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(secrets.AccessToken));
    }
}
