using System.Text.Json;
using System.Text.Json.Nodes;
using static WaAspire.FirebaseEmulator.Auth.AuthJson;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>What a request changes in an account. A user changes the profile; claims, verification, revocation and blocking are an administrator's.</summary>
internal static class AccountChange
{
    private const int MinPasswordLength = 6;
    private const int MaxCustomAttributes = 1000;

    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };

    // Names that every token uses itself.
    private static readonly HashSet<string> _reserved =
    [
        "acr", "amr", "at_hash", "aud", "auth_time", "azp", "cnf", "c_hash", "exp", "firebase", "iat", "iss", "jti", "nbf", "nonce", "sub", "user_id",
    ];

    public static AuthUser Apply(AuthUser user, JsonObject request, bool admin, DateTimeOffset now)
    {
        user = Profile(Credentials(user, request, now), request);
        return !admin ? user : user with
        {
            EmailVerified = Flag(request, "emailVerified") ?? user.EmailVerified,
            Disabled = Flag(request, "disableUser") ?? Flag(request, "disabled") ?? user.Disabled,
            PhoneNumber = Text(request, "phoneNumber") ?? (Texts(request, "deleteProvider").Contains("phone") ? null : user.PhoneNumber),
            CustomAttributes = Text(request, "customAttributes") is { } attributes ? CheckedAttributes(attributes) : user.CustomAttributes,
            ValidSince = ReadValidSince(request) ?? user.ValidSince,
        };
    }

    private static AuthUser Credentials(AuthUser user, JsonObject request, DateTimeOffset now)
    {
        if (Text(request, "email") is { } email)
        {
            if (!email.Contains('@', StringComparison.Ordinal))
                throw new AuthException("INVALID_EMAIL");
            // A new address is not verified because the old one was.
            user = user with { Email = email.ToLowerInvariant(), EmailVerified = user.EmailVerified && email.Equals(user.Email, StringComparison.OrdinalIgnoreCase) };
        }

        if (Text(request, "password") is not { } password)
            return user;
        if (password.Length < MinPasswordLength)
            throw new AuthException($"WEAK_PASSWORD : Password should be at least {MinPasswordLength} characters");
        // Whoever knew the old password is signed out by the new one.
        return user.WithPassword(password) with { ValidSince = user.PasswordHash is null ? user.ValidSince : WholeSecond(now) };
    }

    private static AuthUser Profile(AuthUser user, JsonObject request)
    {
        var deleted = Texts(request, "deleteAttribute").ToHashSet();
        return user with
        {
            DisplayName = Text(request, "displayName") ?? (deleted.Contains("DISPLAY_NAME") ? null : user.DisplayName),
            PhotoUrl = Text(request, "photoUrl") ?? (deleted.Contains("PHOTO_URL") ? null : user.PhotoUrl),
        };
    }

    private static DateTimeOffset? ReadValidSince(JsonObject request) => ReadNumber(request, "validSince") switch
    {
        null => null,
        >= 0 and <= uint.MaxValue and var seconds => DateTimeOffset.FromUnixTimeSeconds((long)seconds),
        _ => throw new AuthException("INVALID_VALID_SINCE"),
    };

    private static DateTimeOffset WholeSecond(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private static string CheckedAttributes(string attributes)
    {
        if (attributes.Length > MaxCustomAttributes)
            throw new AuthException("CLAIMS_TOO_LARGE");
        try
        {
            if (JsonNode.Parse(attributes, documentOptions: _strict) is not JsonObject claims)
                throw new AuthException("INVALID_CLAIMS");
            if (claims.FirstOrDefault(claim => _reserved.Contains(claim.Key)).Key is { } reserved)
                throw new AuthException($"FORBIDDEN_CLAIM : {reserved}");
            return attributes;
        }
        catch (JsonException)
        {
            throw new AuthException("INVALID_CLAIMS");
        }
    }
}
