using System.Text;
using System.Text.Json;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Auth;

internal enum CallerKind
{
    Anonymous,
    User,
    Admin,
}

/// <summary>
/// Who calls. No header is nobody, and rules apply; a Firebase ID token is its user, and rules apply; anything else
/// (<c>owner</c>, a service account's own JWT, an opaque token) stands for Google's IAM, and rules are skipped.
/// </summary>
/// <param name="Claims">The user's token, all claims; the rules see them as <c>request.auth.token</c>.</param>
internal sealed record Caller(CallerKind Kind, JsonElement? Claims)
{
    private const string Bearer = "Bearer ";
    private const string FirebaseIssuer = "https://securetoken.google.com/";
    private static readonly Caller Anonymous = new(CallerKind.Anonymous, null);
    private static readonly Caller Admin = new(CallerKind.Admin, null);

    /// <summary>Google's clients send unsigned tokens, long expired, to an emulator: neither signature nor time is looked at.</summary>
    public static Caller Of(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0)
            return Anonymous;
        var claims = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? ClaimsOf(header[Bearer.Length..]) : null;
        return claims is { } user && IsFirebases(user) ? new(CallerKind.User, claims) : Admin;
    }

    private static bool IsFirebases(JsonElement claims)
    {
        try
        {
            return claims.TryGetProperty("iss", out var issuer) && issuer.ValueKind == JsonValueKind.String
                && issuer.GetString()!.StartsWith(FirebaseIssuer, StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: nobody's token, and surely not an administrator's.
            throw new RpcException(RpcCode.Unauthenticated, "The caller's token is malformed.");
        }
    }

    private static JsonElement? ClaimsOf(string token)
    {
        if (token.Split('.') is not [_, var payload, _])
            return null;
        try
        {
            var json = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(payload));
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException)
        {
            return null;
        }
    }
}
