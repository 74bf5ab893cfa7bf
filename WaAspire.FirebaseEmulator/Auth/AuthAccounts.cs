using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>
/// The account calls of the Identity Toolkit: what enters is a request's JSON, what leaves is the answer's, and a
/// refusal is an <see cref="AuthException"/> with Firebase's own code.
/// </summary>
internal sealed class AuthAccounts(AuthUsers users, IdTokens tokens, TimeProvider time)
{
    private const int MinPasswordLength = 6;
    private const int MaxCustomAttributes = 1000;

    public JsonObject SignUp(string project, JsonObject request, bool admin)
    {
        var user = Fill(new(Text(request, "localId") is { } chosen && admin ? chosen : NewId(), time.GetUtcNow()), request, admin);
        if (user.Email is null && user.PasswordHash is not null)
            throw new AuthException("MISSING_EMAIL");
        if (user.Email is not null && user.PasswordHash is null && !admin)
            throw new AuthException("MISSING_PASSWORD");
        users.Add(project, user);
        return admin ? Named(user) : SignedIn(project, user, user.Email is null ? SignIn.Anonymous : SignIn.Password);
    }

    public JsonObject SignInWithPassword(string project, JsonObject request)
    {
        var email = Text(request, "email") ?? throw new AuthException("MISSING_EMAIL");
        var password = Text(request, "password") ?? throw new AuthException("MISSING_PASSWORD");
        var user = users.FindByEmail(project, email) ?? throw new AuthException("EMAIL_NOT_FOUND");
        if (!user.HasPassword(password))
            throw new AuthException("INVALID_PASSWORD");
        var answer = SignedIn(project, user, SignIn.Password);
        answer["registered"] = true;
        return answer;
    }

    /// <summary>The token's signature is not looked at: a local service account is made up anyway.</summary>
    public JsonObject SignInWithCustomToken(string project, JsonObject request)
    {
        var token = Text(request, "token") ?? throw new AuthException("MISSING_CUSTOM_TOKEN");
        var payload = TokenSigner.ReadUnverified(token) ?? throw new AuthException("INVALID_CUSTOM_TOKEN");
        var uid = Text(payload, "uid") is { Length: <= 128 } given ? given : throw new AuthException("INVALID_CUSTOM_TOKEN");
        var isNew = users.Find(project, uid) is null;
        if (isNew)
            users.Add(project, new(uid, time.GetUtcNow()));
        var answer = SignedIn(project, users.Find(project, uid)!, SignIn.Custom, payload["claims"] as JsonObject);
        answer["isNewUser"] = isNew;
        return answer;
    }

    public JsonObject Lookup(string project, JsonObject request, bool admin)
    {
        IEnumerable<AuthUser?> found = admin && Text(request, "idToken") is null
            ? [
                .. Texts(request, "localId").Select(id => users.Find(project, id)),
                .. Texts(request, "email").Select(email => users.FindByEmail(project, email)),
            ]
            : [Owner(request).User];
        var answer = new JsonObject { ["kind"] = "identitytoolkit#GetAccountInfoResponse" };
        // Firebase leaves the list out when nobody is found, and its SDK takes that for "no such user".
        if (found.OfType<AuthUser>().Select(user => (JsonNode)user.ToJson()).ToArray() is { Length: > 0 } known)
            answer["users"] = new JsonArray(known);
        return answer;
    }

    public JsonObject Update(string project, JsonObject request, bool admin)
    {
        if (admin && Text(request, "localId") is { } localId)
            return Named(users.Change(project, localId, user => Fill(user, request, admin)));
        var (home, owner) = Owner(request);
        return SignedIn(home, users.Change(home, owner.LocalId, user => Fill(user, request, admin: false)), SignIn.Password);
    }

    public JsonObject Delete(string project, JsonObject request, bool admin)
    {
        if (admin && Text(request, "localId") is { } localId)
            users.Delete(project, localId);
        else if (Owner(request) is var (home, user))
            users.Delete(home, user.LocalId);
        return new() { ["kind"] = "identitytoolkit#DeleteAccountResponse" };
    }

    public JsonObject List(string project) => new()
    {
        ["kind"] = "identitytoolkit#DownloadAccountResponse",
        ["users"] = new JsonArray([.. users.All(project).Select(user => user.ToJson())]),
    };

    public JsonObject Refresh(string refreshToken)
    {
        var (project, localId, signIn) = tokens.ReadRefresh(refreshToken);
        var user = Enabled(users.Find(project, localId) ?? throw new AuthException("USER_NOT_FOUND"));
        var idToken = tokens.Issue(project, user, signIn);
        return new()
        {
            ["access_token"] = idToken,
            ["expires_in"] = Seconds(IdTokens.Lifetime),
            ["token_type"] = "Bearer",
            ["refresh_token"] = refreshToken,
            ["id_token"] = idToken,
            ["user_id"] = localId,
            ["project_id"] = project,
        };
    }

    /// <summary>A token of any lifetime for an existing user; only this stand-in has such a call.</summary>
    public JsonObject Mint(string project, JsonObject request)
    {
        var localId = Text(request, "localId") ?? throw new AuthException("MISSING_LOCAL_ID");
        var user = users.Find(project, localId) ?? throw new AuthException("USER_NOT_FOUND");
        var seconds = request["expiresIn"] is JsonValue value && value.TryGetValue<double>(out var given)
            ? given
            : IdTokens.Lifetime.TotalSeconds;
        if (Math.Abs(seconds) > TimeSpan.FromDays(365).TotalSeconds)
            throw new AuthException("INVALID_DURATION");
        var signIn = new SignIn(SignIn.Password, time.GetUtcNow().ToUnixTimeSeconds());
        return new() { ["idToken"] = tokens.Issue(project, user, signIn, TimeSpan.FromSeconds(seconds)) };
    }

    private (string Project, AuthUser User) Owner(JsonObject request)
    {
        var (project, localId) = tokens.Read(Text(request, "idToken") ?? throw new AuthException("MISSING_ID_TOKEN"));
        return (project, Enabled(users.Find(project, localId) ?? throw new AuthException("USER_NOT_FOUND")));
    }

    private JsonObject SignedIn(string project, AuthUser user, string provider, JsonObject? claims = null)
    {
        var now = time.GetUtcNow();
        user = users.Change(project, Enabled(user).LocalId, known => known with { LastLoginAt = now });
        var signIn = new SignIn(provider, now.ToUnixTimeSeconds(), claims);
        var answer = Named(user);
        answer["idToken"] = tokens.Issue(project, user, signIn);
        answer["refreshToken"] = tokens.IssueRefresh(project, user, signIn);
        answer["expiresIn"] = Seconds(IdTokens.Lifetime);
        return answer;
    }

    private static AuthUser Fill(AuthUser user, JsonObject request, bool admin)
    {
        if (Text(request, "email") is { } email)
        {
            if (!email.Contains('@', StringComparison.Ordinal))
                throw new AuthException("INVALID_EMAIL");
            user = user with { Email = email.ToLowerInvariant() };
        }

        if (Text(request, "password") is { } password)
        {
            user = password.Length >= MinPasswordLength
                ? user.WithPassword(password)
                : throw new AuthException($"WEAK_PASSWORD : Password should be at least {MinPasswordLength} characters");
        }

        user = user with
        {
            DisplayName = Text(request, "displayName") ?? user.DisplayName,
            PhotoUrl = Text(request, "photoUrl") ?? user.PhotoUrl,
        };
        return !admin ? user : user with
        {
            EmailVerified = Flag(request, "emailVerified") ?? user.EmailVerified,
            Disabled = Flag(request, "disableUser") ?? Flag(request, "disabled") ?? user.Disabled,
            PhoneNumber = Text(request, "phoneNumber") ?? user.PhoneNumber,
            CustomAttributes = Text(request, "customAttributes") is { } attributes ? CheckedAttributes(attributes) : user.CustomAttributes,
        };
    }

    private static string CheckedAttributes(string attributes)
    {
        if (attributes.Length > MaxCustomAttributes)
            throw new AuthException("CLAIMS_TOO_LARGE");
        try
        {
            return JsonNode.Parse(attributes) is JsonObject ? attributes : throw new AuthException("INVALID_CLAIMS");
        }
        catch (JsonException)
        {
            throw new AuthException("INVALID_CLAIMS");
        }
    }

    private static JsonObject Named(AuthUser user)
    {
        var answer = new JsonObject { ["kind"] = "identitytoolkit#SignupNewUserResponse", ["localId"] = user.LocalId };
        if (user.Email is not null)
            answer["email"] = user.Email;
        return answer;
    }

    private static AuthUser Enabled(AuthUser user) => user.Disabled ? throw new AuthException("USER_DISABLED") : user;

    private static string? Text(JsonObject request, string name) =>
        request[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private static IEnumerable<string> Texts(JsonObject request, string name) => request[name] switch
    {
        JsonArray list => list.OfType<JsonValue>().Select(value => value.TryGetValue<string>(out var text) ? text : "")
            .Where(text => text.Length > 0),
        _ => Text(request, name) is { } single ? [single] : [],
    };

    private static bool? Flag(JsonObject request, string name) =>
        request[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    private static string Seconds(TimeSpan time) => $"{(long)time.TotalSeconds}";

    private static string NewId() => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 28);
}
