using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Apis.Auth.OAuth2;
using Microsoft.Extensions.Configuration;

namespace WaAspire.Messaging.Firestore;

/// <summary>
/// A service account's address and key, in each form that deployments have: FIREBASE_CLIENT_EMAIL with FIREBASE_PRIVATE_KEY
/// (PEM, with real or literal \n; or base64 of PEM; or the account's JSON, plain or base64), or FIREBASE_SERVICE_ACCOUNT_JSON.
/// No message of this class quotes what it was given.
/// </summary>
internal sealed class ServiceAccountKey
{
    private static readonly string[] Scopes = ["https://www.googleapis.com/auth/datastore"];

    private readonly ServiceAccountCredential _credential;

    private ServiceAccountKey(string clientEmail, string pem) =>
        // A self-signed token saves the call to the token endpoint, and with it an outage that is not Firestore's.
        _credential = new ServiceAccountCredential(
            new ServiceAccountCredential.Initializer(clientEmail) { Scopes = Scopes, UseJwtAccessWithScopes = true }.FromPrivateKey(pem));

    public ITokenAccess Tokens => _credential;

    /// <summary>Null when none is configured.</summary>
    /// <exception cref="FormatException">Something is configured that cannot be a key; the message names the setting only.</exception>
    public static ServiceAccountKey? Find(IConfiguration configuration)
    {
        if (configuration["FIREBASE_SERVICE_ACCOUNT_JSON"] is { Length: > 0 } json)
            return FromJson("FIREBASE_SERVICE_ACCOUNT_JSON", Decoded(json));
        if (configuration["FIREBASE_PRIVATE_KEY"] is not { Length: > 0 } key)
            return null;
        var text = Decoded(key);
        if (text.StartsWith('{'))
            return FromJson("FIREBASE_PRIVATE_KEY", text);
        var email = configuration["FIREBASE_CLIENT_EMAIL"] is { Length: > 0 } address
            ? address
            : throw new FormatException("FIREBASE_CLIENT_EMAIL is missing beside FIREBASE_PRIVATE_KEY.");
        return FromPem("FIREBASE_PRIVATE_KEY", email, text);
    }

    private static ServiceAccountKey FromJson(string setting, string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            return FromPem(setting, root.GetProperty("client_email").GetString()!, root.GetProperty("private_key").GetString()!);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"{setting} is not the JSON of a service account.");
        }
    }

    private static ServiceAccountKey FromPem(string setting, string email, string pem)
    {
        try
        {
            return new ServiceAccountKey(email, pem.Replace("\\n", "\n", StringComparison.Ordinal));
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException or FormatException)
        {
            throw new FormatException($"{setting} holds no readable private key (PEM, base64 of PEM, or a service account's JSON).");
        }
    }

    private static string Decoded(string setting)
    {
        var text = setting.Trim().Trim('"').Trim();
        return !text.StartsWith('{') && !text.StartsWith('-') && Base64.IsValid(text)
            ? Encoding.UTF8.GetString(Convert.FromBase64String(text)).Trim()
            : text;
    }
}
