using System.Text.Json;

namespace WaAspire.Tests.FirebaseEmulator.Auth;

/// <summary>What administrators do to accounts, and what their users notice.</summary>
public sealed class AccountTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private const string Project = "demo-waaspire";
    private const string Accounts = "/identitytoolkit.googleapis.com/v1/accounts";
    private const string Projects = $"/identitytoolkit.googleapis.com/v1/projects/{Project}";
    private readonly EmulatorClient _client = emulator.Client(Project);
    private readonly string _email = $"{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task revoked_tokens_neither_refresh_nor_identify_and_a_new_sign_in_does()
    {
        var old = await SignUpAsync();
        var uid = Text(old, "localId");
        await AdminAsync("/accounts:update", $$"""{"localId":"{{uid}}","validSince":"{{emulator.Time.GetUtcNow().ToUnixTimeSeconds() + 1}}"}""");
        Assert.Equal("TOKEN_EXPIRED", await RefusalAsync("/securetoken.googleapis.com/v1/token?key=k", $$"""{"refresh_token":"{{Text(old, "refreshToken")}}"}"""));
        Assert.Equal("TOKEN_EXPIRED", await RefusalAsync($"{Accounts}:lookup?key=k", $$"""{"idToken":"{{Text(old, "idToken")}}"}"""));

        emulator.Time.Shift += TimeSpan.FromSeconds(2);
        var fresh = (await PostAsync($"{Accounts}:signInWithPassword?key=k", $$"""{"email":"{{_email}}","password":"secret-1"}""")).Ok().Json;
        (await PostAsync("/securetoken.googleapis.com/v1/token?key=k", $$"""{"refresh_token":"{{Text(fresh, "refreshToken")}}"}""")).Ok();
        var shown = (await AdminAsync("/accounts:lookup", $$"""{"localId":["{{uid}}"]}""")).Json.GetProperty("users")[0];
        Assert.True(long.Parse(Text(shown, "validSince")) > 0);
    }

    [Fact]
    public async Task a_disabled_user_neither_signs_in_nor_refreshes_nor_looks_itself_up()
    {
        var user = await SignUpAsync();
        await AdminAsync("/accounts:update", $$"""{"localId":"{{Text(user, "localId")}}","disableUser":true}""");
        Assert.Equal("USER_DISABLED", await RefusalAsync($"{Accounts}:signInWithPassword?key=k", $$"""{"email":"{{_email}}","password":"secret-1"}"""));
        Assert.Equal("USER_DISABLED", await RefusalAsync("/securetoken.googleapis.com/v1/token?key=k", $$"""{"refresh_token":"{{Text(user, "refreshToken")}}"}"""));
        Assert.Equal("USER_DISABLED", await RefusalAsync($"{Accounts}:lookup?key=k", $$"""{"idToken":"{{Text(user, "idToken")}}"}"""));
        await AdminAsync("/accounts:update", $$"""{"localId":"{{Text(user, "localId")}}","disableUser":false}""");
        (await PostAsync($"{Accounts}:signInWithPassword?key=k", $$"""{"email":"{{_email}}","password":"secret-1"}""")).Ok();
    }

    [Fact]
    public async Task an_anonymous_user_who_signs_up_keeps_the_uid_and_can_delete_itself()
    {
        var nobody = (await PostAsync($"{Accounts}:signUp?key=k", """{"returnSecureToken":true}""")).Ok().Json;
        var somebody = (await PostAsync($"{Accounts}:signUp?key=k", $$"""{"idToken":"{{Text(nobody, "idToken")}}","email":"{{_email}}","password":"secret-1","returnSecureToken":true}""")).Ok().Json;
        Assert.Equal(Text(nobody, "localId"), Text(somebody, "localId"));
        var renamed = (await PostAsync($"{Accounts}:update?key=k", $$"""{"idToken":"{{Text(somebody, "idToken")}}","displayName":"Ann","returnSecureToken":true}""")).Ok().Json;
        var shown = (await PostAsync($"{Accounts}:lookup?key=k", $$"""{"idToken":"{{Text(renamed, "idToken")}}"}""")).Ok().Json.GetProperty("users")[0];
        Assert.Equal("Ann", Text(shown, "displayName"));
        (await PostAsync($"{Accounts}:delete?key=k", $$"""{"idToken":"{{Text(renamed, "idToken")}}"}""")).Ok();
        Assert.Equal("EMAIL_NOT_FOUND", await RefusalAsync($"{Accounts}:signInWithPassword?key=k", $$"""{"email":"{{_email}}","password":"secret-1"}"""));
    }

    [Fact]
    public async Task a_new_password_by_mail_signs_everybody_else_out()
    {
        var old = await SignUpAsync();
        emulator.Time.Shift += TimeSpan.FromSeconds(2);
        (await PostAsync($"{Accounts}:sendOobCode?key=k", $$"""{"requestType":"PASSWORD_RESET","email":"{{_email}}"}""")).Ok();
        var sent = (await _client.SendAsync(HttpMethod.Get, $"/emulator/v1/projects/{Project}/oobCodes", null)).Ok().Json.GetProperty("oobCodes").EnumerateArray();
        var code = Text(sent.Single(one => Text(one, "email") == _email), "oobCode");
        (await PostAsync($"{Accounts}:resetPassword?key=k", $$"""{"oobCode":"{{code}}"}""")).Ok();
        (await PostAsync($"{Accounts}:resetPassword?key=k", $$"""{"oobCode":"{{code}}","newPassword":"secret-2"}""")).Ok();
        Assert.Equal("INVALID_OOB_CODE", await RefusalAsync($"{Accounts}:resetPassword?key=k", $$"""{"oobCode":"{{code}}","newPassword":"secret-3"}"""));
        Assert.Equal("TOKEN_EXPIRED", await RefusalAsync("/securetoken.googleapis.com/v1/token?key=k", $$"""{"refresh_token":"{{Text(old, "refreshToken")}}"}"""));
        (await PostAsync($"{Accounts}:signInWithPassword?key=k", $$"""{"email":"{{_email}}","password":"secret-2"}""")).Ok();
    }

    [Fact]
    public async Task accounts_are_imported_listed_by_pages_and_deleted_in_batches()
    {
        await using var own = new OwnEmulator();
        await own.InitializeAsync();
        var client = own.Client(Project);
        var imported = (await AdminAsync(client, "/accounts:batchCreate", """{"users":[{"localId":"a","email":"a@example.com"},{"localId":"b"},{"email":"no uid"},{"localId":"c","disabled":true}]}""")).Json;
        Assert.Equal(2, Assert.Single(imported.GetProperty("error").EnumerateArray()).GetProperty("index").GetInt32());
        var page = (await client.SendAsync(HttpMethod.Get, $"{Projects}/accounts:batchGet?maxResults=2", null, authorization: "Bearer owner")).Ok().Json;
        Assert.Equal(["a", "b"], page.GetProperty("users").EnumerateArray().Select(user => Text(user, "localId")));
        var rest = (await client.SendAsync(HttpMethod.Get, $"{Projects}/accounts:batchGet?maxResults=2&nextPageToken={Text(page, "nextPageToken")}", null, authorization: "Bearer owner")).Ok().Json;
        Assert.Equal("c", Text(Assert.Single(rest.GetProperty("users").EnumerateArray()), "localId"));
        Assert.False(rest.TryGetProperty("nextPageToken", out _));
        var deleted = (await AdminAsync(client, "/accounts:batchDelete", """{"localIds":["a","c","none"]}""")).Json;
        Assert.Equal("a", Text(Assert.Single(deleted.GetProperty("errors").EnumerateArray()), "localId"));
    }

    [Theory]
    [InlineData("/accounts:update", """{"localId":"ID","customAttributes":"{\"aud\":\"x\"}"}""", "FORBIDDEN_CLAIM : aud")]
    [InlineData("/accounts:update", """{"localId":"ID","customAttributes":"[1]"}""", "INVALID_CLAIMS")]
    [InlineData("/accounts:update", """{"localId":"nobody","displayName":"x"}""", "USER_NOT_FOUND")]
    [InlineData("/accounts:update", """{"localId":"ID","validSince":"-5"}""", "INVALID_VALID_SINCE")]
    [InlineData(":createSessionCookie", """{"idToken":"a.b.c","validDuration":"600"}""", "INVALID_ID_TOKEN")]
    [InlineData("/accounts:nonsense", "{}", "OPERATION_NOT_ALLOWED")]
    [InlineData("/accounts:sendOobCode", """{"requestType":"NONE","email":"EMAIL"}""", "INVALID_REQ_TYPE")]
    public async Task what_an_administrator_may_not_say_is_refused(string call, string body, string code)
    {
        var uid = Text(await SignUpAsync(), "localId");
        var answer = await _client.SendAsync(HttpMethod.Post, Projects + call, body.Replace("ID\"", uid + "\"", StringComparison.Ordinal).Replace("EMAIL", _email, StringComparison.Ordinal), authorization: "Bearer owner");
        Assert.Equal(400, (int)answer.Status);
        Assert.Equal(code, answer.Error.GetProperty("message").GetString());
    }

    private async Task<JsonElement> SignUpAsync() =>
        (await PostAsync($"{Accounts}:signUp?key=k", $$"""{"email":"{{_email}}","password":"secret-1","returnSecureToken":true}""")).Ok().Json;

    private Task<Answer> PostAsync(string address, string body) => _client.SendAsync(HttpMethod.Post, address, body);

    private async Task<string> RefusalAsync(string address, string body) => (await PostAsync(address, body)).Error.GetProperty("message").GetString()!;

    private Task<Answer> AdminAsync(string call, string body) => AdminAsync(_client, call, body);

    private static async Task<Answer> AdminAsync(EmulatorClient client, string call, string body) =>
        (await client.SendAsync(HttpMethod.Post, Projects + call, body, authorization: "Bearer owner")).Ok();

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private sealed class OwnEmulator : EmulatorFixture, IAsyncDisposable
    {
        async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
    }
}
