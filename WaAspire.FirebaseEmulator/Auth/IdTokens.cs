using System.Globalization;
using System.Text.Json.Nodes;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>Builds ID tokens with the claims of production, and reads the ones it gave out.</summary>
/// <remarks>https://firebase.google.com/docs/auth/admin/verify-id-tokens#verify_id_tokens_using_a_third-party_jwt_library</remarks>
internal sealed class IdTokens(TokenSigner signer, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private const string Issuer = "https://securetoken.google.com/";
    private const string SessionIssuer = "https://session.firebase.google.com/";

    /// <param name="lifetime">May be negative: a token that has expired already.</param>
    public string Issue(string project, AuthUser user, SignIn signIn, TimeSpan? lifetime = null)
    {
        var now = time.GetUtcNow();
        var expiry = now + (lifetime ?? Lifetime);
        var issued = expiry > now ? now : expiry - Lifetime;
        var claims = Custom(user, signIn);
        claims["iss"] = Issuer + project;
        claims["aud"] = project;
        claims["auth_time"] = Math.Min(signIn.AuthTime, issued.ToUnixTimeSeconds());
        claims["user_id"] = user.LocalId;
        claims["sub"] = user.LocalId;
        claims["iat"] = issued.ToUnixTimeSeconds();
        claims["exp"] = expiry.ToUnixTimeSeconds();
        AddProfile(claims, user, signIn);
        return signer.SignIdToken(claims);
    }

    /// <summary>The project, user and sign-in of a token that is valid now.</summary>
    public (string Project, string LocalId, SignIn SignIn) Read(string token)
    {
        var claims = signer.ReadIdToken(token) ?? throw new AuthException("INVALID_ID_TOKEN");
        // An unsigned token says what its bearer likes.
        if (claims["exp"] is not JsonValue expiry || !expiry.TryGetValue<long>(out var expires)
            || claims["aud"] is not JsonValue audience || !audience.TryGetValue<string>(out var project)
            || claims["sub"] is not JsonValue subject || !subject.TryGetValue<string>(out var localId)
            || claims["auth_time"] is not JsonValue signedIn || !signedIn.TryGetValue<long>(out var authTime)
            || claims["firebase"] is not JsonObject firebase)
            throw new AuthException("INVALID_ID_TOKEN");
        if (expires <= time.GetUtcNow().ToUnixTimeSeconds())
            throw new AuthException("TOKEN_EXPIRED");
        return (project, localId, new(AuthJson.Text(firebase, "sign_in_provider") ?? SignIn.Custom, authTime));
    }

    /// <summary>A session cookie holds an ID token's claims under another issuer and for longer.</summary>
    public string IssueSession(string project, string idToken, TimeSpan lifetime)
    {
        Read(idToken);
        var claims = signer.ReadIdToken(idToken)!;
        var now = time.GetUtcNow();
        claims["iss"] = SessionIssuer + project;
        claims["iat"] = now.ToUnixTimeSeconds();
        claims["exp"] = (now + lifetime).ToUnixTimeSeconds();
        return signer.SignIdToken(claims);
    }

    public string IssueRefresh(string project, AuthUser user, SignIn signIn) => signer.SealRefreshToken(new()
    {
        ["project"] = project,
        ["localId"] = user.LocalId,
        ["provider"] = signIn.Provider,
        ["authTime"] = signIn.AuthTime.ToString(CultureInfo.InvariantCulture),
        ["claims"] = signIn.Claims?.DeepClone(),
    });

    public (string Project, string LocalId, SignIn SignIn) ReadRefresh(string token)
    {
        var content = signer.OpenRefreshToken(token) ?? throw new AuthException("INVALID_REFRESH_TOKEN");
        var signIn = new SignIn(
            content["provider"]!.GetValue<string>(),
            long.Parse(content["authTime"]!.GetValue<string>(), CultureInfo.InvariantCulture),
            content["claims"]?.DeepClone() as JsonObject);
        return (content["project"]!.GetValue<string>(), content["localId"]!.GetValue<string>(), signIn);
    }

    private static JsonObject Custom(AuthUser user, SignIn signIn)
    {
        var claims = user.CustomAttributes is { } attributes ? (JsonObject)JsonNode.Parse(attributes)! : [];
        foreach (var (name, value) in signIn.Claims ?? [])
            claims[name] = value?.DeepClone();
        return claims;
    }

    private static void AddProfile(JsonObject claims, AuthUser user, SignIn signIn)
    {
        if (user.DisplayName is not null)
            claims["name"] = user.DisplayName;
        if (user.PhotoUrl is not null)
            claims["picture"] = user.PhotoUrl;
        if (signIn.Provider == SignIn.Anonymous)
            claims["provider_id"] = SignIn.Anonymous;
        var identities = new JsonObject();
        if (user.Email is not null)
        {
            claims["email"] = user.Email;
            claims["email_verified"] = user.EmailVerified;
            identities["email"] = new JsonArray(user.Email);
        }

        if (user.PhoneNumber is not null)
        {
            claims["phone_number"] = user.PhoneNumber;
            identities["phone"] = new JsonArray(user.PhoneNumber);
        }

        claims["firebase"] = new JsonObject { ["identities"] = identities, ["sign_in_provider"] = signIn.Provider };
    }
}

/// <param name="Provider">password, custom or anonymous.</param>
/// <param name="AuthTime">When the user signed in, seconds; a refreshed token keeps it.</param>
/// <param name="Claims">Of the custom token, if that was the way in.</param>
internal sealed record SignIn(string Provider, long AuthTime, JsonObject? Claims = null)
{
    public const string Password = "password";
    public const string Custom = "custom";
    public const string Anonymous = "anonymous";
}
