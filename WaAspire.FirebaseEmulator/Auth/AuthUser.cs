using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>One account, immutable. The password is kept as a salted hash, as it should be even here.</summary>
internal sealed record AuthUser(string LocalId, DateTimeOffset CreatedAt)
{
    private const int Iterations = 1000;

    public string? Email { get; init; }

    public bool EmailVerified { get; init; }

    public string? DisplayName { get; init; }

    public string? PhotoUrl { get; init; }

    public string? PhoneNumber { get; init; }

    public bool Disabled { get; init; }

    public DateTimeOffset? LastLoginAt { get; init; }

    /// <summary>Custom claims as the JSON text that was set; they go to the top level of every ID token.</summary>
    public string? CustomAttributes { get; init; }

    /// <summary>Tokens of an earlier sign-in are revoked; whole seconds, as tokens count.</summary>
    public DateTimeOffset? ValidSince { get; init; }

    public byte[]? PasswordHash { get; init; }

    [JsonInclude]
    private byte[] Salt { get; init; } = [];

    public AuthUser WithPassword(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return this with { Salt = salt, PasswordHash = Hash(password, salt) };
    }

    public bool HasPassword(string password) =>
        PasswordHash is { } hash && CryptographicOperations.FixedTimeEquals(hash, Hash(password, Salt));

    /// <summary>As accounts:lookup shows it.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["localId"] = LocalId,
            ["createdAt"] = $"{CreatedAt.ToUnixTimeMilliseconds()}",
            ["emailVerified"] = EmailVerified,
            ["disabled"] = Disabled,
            ["providerUserInfo"] = new JsonArray([.. Providers()]),
        };
        AddUnlessNull("email", Email);
        AddUnlessNull("displayName", DisplayName);
        AddUnlessNull("photoUrl", PhotoUrl);
        AddUnlessNull("phoneNumber", PhoneNumber);
        AddUnlessNull("customAttributes", CustomAttributes);
        AddUnlessNull("validSince", ValidSince is { } since ? $"{since.ToUnixTimeSeconds()}" : null);
        AddUnlessNull("lastLoginAt", LastLoginAt is { } login ? $"{login.ToUnixTimeMilliseconds()}" : null);
        return json;

        void AddUnlessNull(string name, string? value)
        {
            if (value is not null)
                json[name] = value;
        }
    }

    private IEnumerable<JsonNode> Providers()
    {
        if (Email is not null)
            yield return new JsonObject { ["providerId"] = "password", ["email"] = Email, ["federatedId"] = Email, ["rawId"] = Email };
        if (PhoneNumber is not null)
            yield return new JsonObject { ["providerId"] = "phone", ["phoneNumber"] = PhoneNumber, ["rawId"] = PhoneNumber };
    }

    private static byte[] Hash(string password, byte[] salt) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, 32);
}
