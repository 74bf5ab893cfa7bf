using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker;

namespace WaAspire.Tests.Proxy;

/// <summary>The super-admin's verbs, through a real worker, and the audit entry that each leaves.</summary>
[Collection(ProxyCollection.Name)]
public sealed class OperationsTests(ProxyUnderTest proxy) : IAsyncLifetime
{
    private const string InternalToken = "an-internal-token";
    private WebApplication _worker = null!;
    private HttpClient _client = null!;
    private string _boss = "";

    public async Task InitializeAsync()
    {
        _worker = WorkerHost.Create(
        [
            "--urls", "http://127.0.0.1:0",
            "--Logging:LogLevel:Default", "None",
            "--FIREBASE_PROJECT_ID", ProxyUnderTest.ProjectId,
            "--FIRESTORE_EMULATOR_HOST", proxy.Emulator.BaseAddress!.Authority,
            "--ConnectionStrings:redis", "127.0.0.1:1,abortConnect=false,connectRetry=0,connectTimeout=100",
            "--INTERNAL_TOKEN", InternalToken,
        ]);
        await _worker.StartAsync();
        _boss = await proxy.SignUpAsync(ProxyUnderTest.Next("boss"), $"boss-{Guid.NewGuid():n}@example.com");
        _client = await proxy.StartAnotherAsync(
            "--WHATSAPP_RAILWAY_BASE_URL", _worker.Urls.Single(), "--INTERNAL_TOKEN", InternalToken, "--SUPER_ADMIN_EMAIL", EmailOf(_boss).ToUpperInvariant());
    }

    public async Task DisposeAsync() => await _worker.DisposeAsync();

    [Fact]
    public async Task a_dead_letter_is_listed_replayed_and_the_audit_says_by_whom()
    {
        var requestId = await DeadLetterAsync("131026");

        var listed = await GetAsync("/ops/dead-letters?code=131026&limit=100");
        Assert.True(listed.Status == 200, listed.Text);
        var letter = listed.Body.GetProperty("deadLetters").EnumerateArray().Single(entry => entry.GetProperty("requestId").GetString() == requestId);
        Assert.Equal(("131026", "Meta refused it", false), (letter.GetProperty("code").GetString(), letter.GetProperty("title").GetString(), letter.GetProperty("retryable").GetBoolean()));
        Assert.Equal("131026", Assert.Single(letter.GetProperty("attemptHistory").EnumerateArray().ToArray()).GetProperty("code").GetString());

        Assert.Equal(200, (await PostAsync($"/ops/outbox/{requestId}/replay")).Status);

        Assert.Equal("queued", (await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields.Text("status"));
        var entry = await AuditOfAsync($"outbox/{requestId}");
        Assert.Equal(
            ("outbox.replay", "failed", "queued", 200, EmailOf(_boss)),
            (entry.GetProperty("what").GetString(), entry.GetProperty("before").GetProperty("status").GetString(), entry.GetProperty("after").GetProperty("status").GetString(),
                entry.GetProperty("status").GetInt32(), entry.GetProperty("whoEmail").GetString()));
        Assert.NotNull(entry.GetProperty("at").GetString());
    }

    [Fact]
    public async Task all_of_a_reason_and_a_list_are_replayed_with_counts()
    {
        var code = $"code-{Guid.NewGuid():n}";
        var letters = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            letters.Add(await DeadLetterAsync(code));
        }

        var one = await PostAsync("/ops/outbox/replay", new { requestIds = new[] { letters[0], new string('0', 64) } });
        Assert.True(one.Status == 200, one.Text);
        Assert.Equal((1, "not_found"), (one.Body.GetProperty("replayed").GetInt32(), one.Body.GetProperty("skipped")[0].GetProperty("reason").GetString()));
        var rest = await PostAsync("/ops/outbox/replay", new { code, limit = 2 });
        Assert.Equal(2, rest.Body.GetProperty("replayed").GetInt32());
        var last = await PostAsync("/ops/outbox/replay", new { code, limit = 2, next = rest.Body.GetProperty("next").GetString(), until = rest.Body.GetProperty("until").GetString() });
        Assert.Equal((1, JsonValueKind.Null), (last.Body.GetProperty("replayed").GetInt32(), last.Body.GetProperty("next").ValueKind));

        Assert.All(letters, letter => Assert.Equal("queued", proxy.FindAsync(FirestorePaths.OutboxMessage(letter)).Result!.Fields.Text("status")));
        Assert.Equal(1, (await AuditOfAsync("outbox")).GetProperty("after").GetProperty("replayed").GetInt32());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{")]
    [InlineData("""{"requestIds":[]}""")]
    [InlineData("""{"requestIds":["a/b"]}""")]
    [InlineData("""{"code":"x","limit":0}""")]
    [InlineData("""{"code":"x","next":"nowhere"}""")]
    public async Task a_replay_of_everything_or_of_nonsense_is_refused(string body) =>
        (await ProxyUnderTest.PostAsync(_client, "/ops/outbox/replay", _boss, body)).AssertRefused(400, "invalid_request");

    [Fact]
    public async Task what_the_worker_refuses_is_passed_on_and_written_down()
    {
        (await PostAsync($"/ops/outbox/{new string('f', 64)}/resend")).AssertRefused(404, "message_not_found");

        Assert.Equal(404, (await AuditOfAsync($"outbox/{new string('f', 64)}")).GetProperty("status").GetInt32());
        (await PostAsync("/ops/outbox/x/explode")).AssertRefused(404, "not_found");
    }

    [Theory]
    [InlineData("POST", "/ops/outbox/x/replay")]
    [InlineData("POST", "/ops/outbox/replay")]
    [InlineData("POST", "/ops/outbox/fail")]
    [InlineData("POST", "/ops/outbox/adopt")]
    [InlineData("POST", "/ops/accounts/x/pause")]
    [InlineData("GET", "/ops/dead-letters")]
    [InlineData("GET", "/ops/audit")]
    public async Task nobody_but_the_super_admin_comes_in(string method, string path)
    {
        var employee = await proxy.EmployeeAsync("employee-of-operations");
        var unverified = await proxy.SignUpAsync(ProxyUnderTest.Next("uid"), $"unverified-{Guid.NewGuid():n}@example.com", emailVerified: false);
        var other = await proxy.StartAnotherAsync("--SUPER_ADMIN_EMAIL", EmailOf(unverified));

        (await SendAsync(_client, method, path, null)).AssertRefused(401, "missing_auth_token");
        (await SendAsync(_client, method, path, employee)).AssertRefused(403, "super_admin_only");
        (await SendAsync(other, method, path, unverified)).AssertRefused(403, "super_admin_only");
    }

    [Fact]
    public async Task a_worker_that_is_not_configured_or_away_is_told_when_it_is_asked_for()
    {
        var none = await proxy.StartAnotherAsync("--SUPER_ADMIN_EMAIL", EmailOf(_boss));
        var away = await proxy.StartAnotherAsync("--SUPER_ADMIN_EMAIL", EmailOf(_boss), "--WHATSAPP_RAILWAY_BASE_URL", "http://127.0.0.1:1", "--INTERNAL_TOKEN", "x");

        (await SendAsync(none, "POST", "/ops/outbox/x/replay", _boss)).AssertRefused(500, "configuration_missing");
        (await SendAsync(away, "POST", "/ops/outbox/x/replay", _boss)).AssertRefused(502, "backend_connection_failed");
    }

    [Fact]
    public async Task what_cannot_be_written_down_is_not_done()
    {
        var requestId = await DeadLetterAsync("131026");
        await using var faults = await proxy.WithFaultsAsync(new { failures = new[] { new { operation = "commit", status = "PERMISSION_DENIED", times = 99, contains = "/audit/" } } });

        Assert.Equal(503, (await PostAsync($"/ops/outbox/{requestId}/replay")).Status);
        Assert.Equal("failed", (await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields.Text("status"));
    }

    private async Task<string> DeadLetterAsync(string code)
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var requestId = (await conversation.SendAsync()).AssertAccepted();
        var message = OutboxDocument.Read((await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!);
        Assert.IsType<CommitOutcome.Committed>(await proxy.Firestore.CommitAsync(
            OutboxTransitions.Failed(message, new SendFault(code, "Meta refused it", false), message.UpdateTime), "test", CancellationToken.None));
        return requestId;
    }

    private async Task<JsonElement> AuditOfAsync(string target) =>
        (await GetAsync("/ops/audit?limit=50")).Body.GetProperty("entries").EnumerateArray().First(entry => entry.GetProperty("target").GetString() == target);

    private Task<ProxyUnderTest.Answer> GetAsync(string path) => SendAsync(_client, "GET", path, _boss);

    private Task<ProxyUnderTest.Answer> PostAsync(string path, object? body = null) =>
        ProxyUnderTest.SendAsync(_client, HttpMethod.Post, path, _boss, body is null ? null : JsonContent.Create(body));

    private static Task<ProxyUnderTest.Answer> SendAsync(HttpClient client, string method, string path, string? token) =>
        ProxyUnderTest.SendAsync(client, new HttpMethod(method), path, token, null);

    private static string EmailOf(string token)
    {
        var payload = token.Split('.')[1].Replace('-', '+').Replace('_', '/');
        var json = JsonDocument.Parse(Convert.FromBase64String(payload.PadRight((payload.Length + 3) / 4 * 4, '=')));
        return json.RootElement.GetProperty("email").GetString()!;
    }
}
