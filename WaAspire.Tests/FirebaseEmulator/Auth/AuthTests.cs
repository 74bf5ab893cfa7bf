using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace WaAspire.Tests.FirebaseEmulator.Auth;

public sealed class AuthTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private const string Project = "demo-waaspire";
    private const string Accounts = "/identitytoolkit.googleapis.com/v1/accounts";
    private const string AdminAccounts = $"/identitytoolkit.googleapis.com/v1/projects/{Project}/accounts";
    private readonly EmulatorClient _client = emulator.Client(Project);
    private readonly string _email = $"{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task a_signed_in_user_gets_a_token_that_verifies_against_the_published_keys()
    {
        var signedUp = (await PostAsync($"{Accounts}:signUp?key=fake", $$"""{"email":"{{_email}}","password":"secret-1","returnSecureToken":true}""")).Ok().Json;
        var signedIn = (await PostAsync($"{Accounts}:signInWithPassword?key=fake", $$"""{"email":"{{_email}}","password":"secret-1","returnSecureToken":true}""")).Ok().Json;
        var uid = signedUp.GetProperty("localId").GetString();
        Assert.Equal(uid, signedIn.GetProperty("localId").GetString());
        Assert.Equal("3600", signedIn.GetProperty("expiresIn").GetString());

        var token = await VerifyAsync(signedIn.GetProperty("idToken").GetString()!);
        Assert.Equal(uid, token.Subject);
        Assert.Equal(uid, token.GetPayloadValue<string>("user_id"));
        Assert.Equal(_email, token.GetPayloadValue<string>("email"));
        Assert.False(token.GetPayloadValue<bool>("email_verified"));
        Assert.Equal(TimeSpan.FromHours(1), token.ValidTo - token.IssuedAt);
        Assert.Equal(token.IssuedAt, EpochTime.DateTime(token.GetPayloadValue<long>("auth_time")));
        var firebase = token.GetPayloadValue<JsonElement>("firebase");
        Assert.Equal("password", firebase.GetProperty("sign_in_provider").GetString());
        Assert.Equal(_email, firebase.GetProperty("identities").GetProperty("email")[0].GetString());
    }

    [Fact]
    public async Task a_token_of_somebody_elses_key_does_not_verify()
    {
        await using var other = new OtherEmulator();
        await other.InitializeAsync();
        var client = other.Client(Project);
        var signedUp = (await client.SendAsync(HttpMethod.Post, $"{Accounts}:signUp?key=fake", $$"""{"email":"{{_email}}","password":"secret-1"}""")).Ok().Json;
        await Assert.ThrowsAnyAsync<SecurityTokenException>(() => VerifyAsync(signedUp.GetProperty("idToken").GetString()!));
    }

    [Fact]
    public async Task the_keys_are_served_with_a_lifetime_in_both_of_googles_forms()
    {
        using var keys = await emulator.Http.GetAsync("/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com");
        Assert.True(keys.Headers.CacheControl!.MaxAge > TimeSpan.Zero);
        var kid = new JsonWebKeySet(await keys.Content.ReadAsStringAsync()).Keys.Single().Kid;
        var certificates = await emulator.Http.GetFromJsonAsync<Dictionary<string, string>>("/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com");
        Assert.Equal(kid, Assert.Single(certificates!).Key);
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(certificates![kid]);
        Assert.Equal("1.2.840.113549.1.1.1", certificate.PublicKey.Oid.Value);
    }

    [Theory]
    [InlineData("signInWithPassword", """{"email":"nobody@example.com","password":"secret-1"}""", "EMAIL_NOT_FOUND")]
    [InlineData("signInWithPassword", """{"email":"EMAIL","password":"wrong-1"}""", "INVALID_PASSWORD")]
    [InlineData("signInWithPassword", """{"email":"EMAIL"}""", "MISSING_PASSWORD")]
    [InlineData("signUp", """{"email":"EMAIL","password":"secret-1"}""", "EMAIL_EXISTS")]
    [InlineData("signUp", """{"email":"short@example.com","password":"12345"}""", "WEAK_PASSWORD : Password should be at least 6 characters")]
    [InlineData("signUp", """{"email":"no address","password":"secret-1"}""", "INVALID_EMAIL")]
    [InlineData("lookup", """{"idToken":"a.b.c"}""", "INVALID_ID_TOKEN")]
    [InlineData("signUp", "not json", "INVALID_JSON")]
    public async Task a_refusal_carries_firebases_own_code(string verb, string body, string code)
    {
        await PostAsync($"{Accounts}:signUp?key=fake", $$"""{"email":"{{_email}}","password":"secret-1"}""");
        var answer = await PostAsync($"{Accounts}:{verb}?key=fake", body.Replace("EMAIL", _email, StringComparison.Ordinal));
        Assert.Equal(400, (int)answer.Status);
        Assert.Equal(code, answer.Error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task an_administrator_chooses_the_uid_and_sets_claims_that_stand_in_the_next_token()
    {
        var uid = $"u-{Guid.NewGuid():N}";
        (await AdminAsync("", $$"""{"localId":"{{uid}}","email":"{{_email}}","password":"secret-1","emailVerified":true}""")).Ok();
        (await AdminAsync(":update", $$"""{"localId":"{{uid}}","customAttributes":"{\"role\":\"admin\"}"}""")).Ok();
        var signedIn = (await PostAsync($"{Accounts}:signInWithPassword?key=fake", $$"""{"email":"{{_email.ToUpperInvariant()}}","password":"secret-1"}""")).Ok().Json;
        var token = await VerifyAsync(signedIn.GetProperty("idToken").GetString()!);
        Assert.Equal(uid, token.Subject);
        Assert.Equal("admin", token.GetPayloadValue<string>("role"));
        Assert.True(token.GetPayloadValue<bool>("email_verified"));

        var found = (await AdminAsync(":lookup", $$"""{"localId":["{{uid}}"]}""")).Ok().Json;
        Assert.Equal(_email, found.GetProperty("users")[0].GetProperty("email").GetString());
        (await AdminAsync(":update", $$"""{"localId":"{{uid}}","disableUser":true}""")).Ok();
        var disabled = await PostAsync($"{Accounts}:signInWithPassword?key=fake", $$"""{"email":"{{_email}}","password":"secret-1"}""");
        Assert.Equal("USER_DISABLED", disabled.Error.GetProperty("message").GetString());
        (await AdminAsync(":delete", $$"""{"localId":"{{uid}}"}""")).Ok();
        Assert.False((await AdminAsync(":lookup", $$"""{"localId":["{{uid}}"]}""")).Ok().Json.TryGetProperty("users", out _));
    }

    [Fact]
    public async Task only_an_administrator_may_choose()
    {
        var answer = await PostAsync(AdminAccounts, """{"localId":"chosen"}""");
        Assert.Equal(403, (int)answer.Status);
        var signedUp = (await PostAsync($"{Accounts}:signUp?key=fake", $$"""{"localId":"chosen","email":"{{_email}}","password":"secret-1","emailVerified":true,"customAttributes":"{\"role\":\"admin\"}"}""")).Ok().Json;
        var token = await VerifyAsync(signedUp.GetProperty("idToken").GetString()!);
        Assert.NotEqual("chosen", token.Subject);
        Assert.False(token.GetPayloadValue<bool>("email_verified"));
        Assert.False(token.TryGetPayloadValue<string>("role", out _));
    }

    [Fact]
    public async Task a_refresh_token_gives_a_new_token_of_the_same_sign_in()
    {
        var signedUp = (await PostAsync($"{Accounts}:signUp?key=fake", "{}")).Ok().Json;
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = signedUp.GetProperty("refreshToken").GetString()!,
        });
        using var response = await emulator.Http.PostAsync("/securetoken.googleapis.com/v1/token?key=fake", form);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(signedUp.GetProperty("localId").GetString(), answer.GetProperty("user_id").GetString());
        var token = await VerifyAsync(answer.GetProperty("id_token").GetString()!);
        Assert.Equal("anonymous", token.GetPayloadValue<JsonElement>("firebase").GetProperty("sign_in_provider").GetString());

        var forged = await _client.SendAsync(HttpMethod.Post, "/securetoken.googleapis.com/v1/token", """{"refresh_token":"e30.AAAA"}""");
        Assert.Equal("INVALID_REFRESH_TOKEN", forged.Error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task an_unsigned_custom_token_signs_in_with_its_claims()
    {
        var payload = Base64UrlEncoder.Encode("""{"uid":"custom-user","claims":{"level":7}}""");
        var signedIn = (await PostAsync($"{Accounts}:signInWithCustomToken?key=fake", $$"""{"token":"{{Base64UrlEncoder.Encode("""{"alg":"none"}""")}}.{{payload}}.","returnSecureToken":true}""")).Ok().Json;
        var token = await VerifyAsync(signedIn.GetProperty("idToken").GetString()!);
        Assert.Equal("custom-user", token.Subject);
        Assert.Equal(7, token.GetPayloadValue<int>("level"));
    }

    [Fact]
    public async Task a_token_can_be_minted_that_has_expired_already()
    {
        var signedUp = (await PostAsync($"{Accounts}:signUp?key=fake", $$"""{"email":"{{_email}}","password":"secret-1"}""")).Ok().Json;
        var uid = signedUp.GetProperty("localId").GetString();
        var expired = (await PostAsync($"/emulator/v1/projects/{Project}/tokens", $$"""{"localId":"{{uid}}","expiresIn":-60}""")).Ok().Json.GetProperty("idToken").GetString()!;
        await Assert.ThrowsAsync<SecurityTokenExpiredException>(() => VerifyAsync(expired));
        Assert.Equal("TOKEN_EXPIRED", (await PostAsync($"{Accounts}:lookup?key=fake", $$"""{"idToken":"{{expired}}"}""")).Error.GetProperty("message").GetString());
        var valid = (await PostAsync($"/emulator/v1/projects/{Project}/tokens", $$"""{"localId":"{{uid}}","expiresIn":90}""")).Ok().Json.GetProperty("idToken").GetString()!;
        Assert.Equal(TimeSpan.FromSeconds(90), (await VerifyAsync(valid)) is { } token ? token.ValidTo - token.IssuedAt : default);
    }

    [Fact]
    public async Task all_accounts_of_a_project_can_be_wiped()
    {
        await using var own = new OtherEmulator();
        await own.InitializeAsync();
        var client = own.Client(Project);
        await client.SendAsync(HttpMethod.Post, $"{Accounts}:signUp?key=fake", $$"""{"email":"{{_email}}","password":"secret-1"}""");
        (await client.SendAsync(HttpMethod.Delete, $"/emulator/v1/projects/{Project}/accounts", null)).Ok();
        var answer = await client.SendAsync(HttpMethod.Post, $"{Accounts}:signInWithPassword?key=fake", $$"""{"email":"{{_email}}","password":"secret-1"}""");
        Assert.Equal("EMAIL_NOT_FOUND", answer.Error.GetProperty("message").GetString());
    }

    private Task<Answer> PostAsync(string address, string body) => _client.SendAsync(HttpMethod.Post, address, body);

    private Task<Answer> AdminAsync(string verb, string body) => _client.SendAsync(HttpMethod.Post, AdminAccounts + verb, body, authorization: "Bearer owner");

    /// <summary>Exactly the checks that production tokens get, with the keys from this emulator's address.</summary>
    private async Task<JsonWebToken> VerifyAsync(string idToken)
    {
        var keys = new JsonWebKeySet(await emulator.Http.GetStringAsync("/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"));
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(idToken, new()
        {
            ValidIssuer = $"https://securetoken.google.com/{Project}",
            ValidAudience = Project,
            ValidAlgorithms = ["RS256"],
            IssuerSigningKeys = keys.GetSigningKeys(),
            ClockSkew = TimeSpan.Zero,
        });
        return result.IsValid ? (JsonWebToken)result.SecurityToken : throw result.Exception;
    }

    private sealed class OtherEmulator : EmulatorFixture, IAsyncDisposable
    {
        async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
    }
}
