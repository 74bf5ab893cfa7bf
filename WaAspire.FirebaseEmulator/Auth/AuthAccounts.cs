using System.Security.Cryptography;
using System.Text.Json.Nodes;
using static WaAspire.FirebaseEmulator.Auth.AuthJson;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>
/// The account calls of the Identity Toolkit: what enters is a request's JSON, what leaves is the answer's, and a
/// refusal is an <see cref="AuthException"/> with Firebase's own code.
/// </summary>
internal sealed class AuthAccounts(AuthUsers users, IdTokens tokens, OobCodes codes, TimeProvider time)
{
    private const double MinSessionSeconds = 300;
    private const double DefaultSessionSeconds = 14 * 24 * 3600;

    public JsonObject SignUp(string project, JsonObject request, bool admin)
    {
        // An anonymous user who signs up keeps the uid.
        if (!admin && Text(request, "idToken") is not null)
            return Update(project, request, admin);
        var user = Fill(new(admin && ReadLocalId(request) is { } chosen ? chosen : NewId(), time.GetUtcNow()), request, admin);
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
                .. Texts(request, "phoneNumber").Select(number => users.All(project).FirstOrDefault(user => user.PhoneNumber == number)),
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
        if (!admin && Text(request, "oobCode") is { } code)
            return VerifyEmail(project, code);
        var (home, owner, signIn) = Owner(request);
        var changed = users.Change(home, owner.LocalId, user => Fill(user, request, admin: false));
        var provider = changed.Email is not null && signIn.Provider == SignIn.Anonymous ? SignIn.Password : signIn.Provider;
        return SignedIn(home, changed, provider, signIn.Claims);
    }

    public JsonObject Delete(string project, JsonObject request, bool admin)
    {
        if (admin && Text(request, "localId") is { } localId)
            users.Delete(project, localId);
        else if (Owner(request) is var (home, user, _))
            users.Delete(home, user.LocalId);
        return new() { ["kind"] = "identitytoolkit#DeleteAccountResponse" };
    }

    public JsonObject Refresh(string refreshToken)
    {
        var (project, localId, signIn) = tokens.ReadRefresh(refreshToken);
        var user = Unrevoked(Enabled(users.Find(project, localId) ?? throw new AuthException("USER_NOT_FOUND")), signIn);
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
        var seconds = ReadNumber(request, "expiresIn") ?? IdTokens.Lifetime.TotalSeconds;
        if (Math.Abs(seconds) > TimeSpan.FromDays(365).TotalSeconds)
            throw new AuthException("INVALID_DURATION");
        var signIn = new SignIn(SignIn.Password, time.GetUtcNow().ToUnixTimeSeconds());
        return new() { ["idToken"] = tokens.Issue(project, user, signIn, TimeSpan.FromSeconds(seconds)) };
    }

    /// <summary>Ends at the first step with a code that was sent by mail, or would have been.</summary>
    public JsonObject ResetPassword(string project, JsonObject request)
    {
        var code = codes.Find(project, Text(request, "oobCode") ?? throw new AuthException("MISSING_OOB_CODE"));
        if (Text(request, "newPassword") is not null && code.RequestType == OobCodes.PasswordReset)
        {
            var user = users.FindByEmail(project, code.Email) ?? throw new AuthException("EMAIL_NOT_FOUND");
            var password = new JsonObject { ["password"] = Text(request, "newPassword") };
            users.Change(project, user.LocalId, known => Fill(known, password, admin: false) with { EmailVerified = true });
            codes.Use(project, code.Code);
        }

        return new() { ["kind"] = "identitytoolkit#ResetPasswordResponse", ["email"] = code.Email, ["requestType"] = code.RequestType };
    }

    public JsonObject SignInWithEmailLink(string project, JsonObject request)
    {
        var code = codes.Find(project, Text(request, "oobCode") ?? throw new AuthException("MISSING_OOB_CODE"));
        if (code.RequestType != OobCodes.EmailSignIn || !code.Email.Equals(Text(request, "email"), StringComparison.OrdinalIgnoreCase))
            throw new AuthException("INVALID_OOB_CODE");
        codes.Use(project, code.Code);
        var user = users.FindByEmail(project, code.Email);
        if (user is null)
            users.Add(project, user = new(NewId(), time.GetUtcNow()) { Email = code.Email });
        return SignedIn(project, users.Change(project, user.LocalId, known => known with { EmailVerified = true }), SignIn.Password);
    }

    /// <summary>Keeps the code that production would mail, where tests and admins can fetch it.</summary>
    public JsonObject SendOobCode(string project, JsonObject request, bool admin)
    {
        var type = Text(request, "requestType") ?? throw new AuthException("MISSING_REQ_TYPE");
        var email = Text(request, "idToken") is not null ? Owner(request).User.Email : Text(request, "email");
        if (type != OobCodes.EmailSignIn && users.FindByEmail(project, email ?? throw new AuthException("MISSING_EMAIL")) is null)
            throw new AuthException("EMAIL_NOT_FOUND");
        var code = codes.Add(project, email ?? throw new AuthException("MISSING_EMAIL"), type);
        var answer = new JsonObject { ["kind"] = "identitytoolkit#GetOobConfirmationCodeResponse", ["email"] = email };
        if (admin && Flag(request, "returnOobLink") == true)
            (answer["oobCode"], answer["oobLink"]) = (code.Code, code.Link);
        return answer;
    }

    public JsonObject CreateSessionCookie(string project, JsonObject request)
    {
        var idToken = Text(request, "idToken") ?? throw new AuthException("MISSING_ID_TOKEN");
        var seconds = ReadNumber(request, "validDuration") ?? DefaultSessionSeconds;
        return seconds is >= MinSessionSeconds and <= DefaultSessionSeconds
            ? new() { ["sessionCookie"] = tokens.IssueSession(project, idToken, TimeSpan.FromSeconds(seconds)) }
            : throw new AuthException("INVALID_DURATION");
    }

    private JsonObject VerifyEmail(string project, string oobCode)
    {
        var code = codes.Find(project, oobCode);
        var user = users.FindByEmail(project, code.Email) ?? throw new AuthException("EMAIL_NOT_FOUND");
        codes.Use(project, oobCode);
        return Named(users.Change(project, user.LocalId, known => known with { EmailVerified = true }));
    }

    private (string Project, AuthUser User, SignIn SignIn) Owner(JsonObject request)
    {
        var (project, localId, signIn) = tokens.Read(Text(request, "idToken") ?? throw new AuthException("MISSING_ID_TOKEN"));
        return (project, Unrevoked(Enabled(users.Find(project, localId) ?? throw new AuthException("USER_NOT_FOUND")), signIn), signIn);
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

    private AuthUser Fill(AuthUser user, JsonObject request, bool admin) => AccountChange.Apply(user, request, admin, time.GetUtcNow());

    private static JsonObject Named(AuthUser user)
    {
        var answer = new JsonObject { ["kind"] = "identitytoolkit#SignupNewUserResponse", ["localId"] = user.LocalId };
        if (user.Email is not null)
            answer["email"] = user.Email;
        return answer;
    }

    private static AuthUser Enabled(AuthUser user) => user.Disabled ? throw new AuthException("USER_DISABLED") : user;

    /// <summary>A sign-in of before the revocation gives no more tokens.</summary>
    private static AuthUser Unrevoked(AuthUser user, SignIn signIn) =>
        user.ValidSince is { } since && signIn.AuthTime < since.ToUnixTimeSeconds() ? throw new AuthException("TOKEN_EXPIRED") : user;

    private static string Seconds(TimeSpan time) => $"{(long)time.TotalSeconds}";

    private static string NewId() => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 28);
}
