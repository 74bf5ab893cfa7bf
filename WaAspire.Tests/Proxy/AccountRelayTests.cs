using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WaAspire.Tests.Proxy;

/// <summary>The account functions at the door: who may call which, and what a client hears of a worker that says what the test wants.</summary>
[Collection(ProxyCollection.Name)]
public sealed class AccountRelayTests(ProxyUnderTest proxy) : IAsyncLifetime
{
    private const string Leak = "stack trace at http://10.0.0.7:8080 of +40712345678";
    private const string Add = """{"name":"N","phone":"+40712345678"}""";
    private readonly string _bossEmail = $"relay-{Guid.NewGuid():n}@example.com";
    private WebApplication _worker = null!;
    private HttpClient _client = null!;
    private string _boss = "";
    private string _employee = "";
    private int _calls;
    private (int Status, string Body, string Type) _answer = (200, "{}", "application/json");
    private (string Method, string Path, string Token, string RequestId, string CorrelationId, string Body) _received;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _worker = builder.Build();
        _worker.Urls.Add("http://127.0.0.1:0");
        _worker.Map("/{**path}", AnswerAsync);
        await _worker.StartAsync();
        _boss = await proxy.SignUpAsync("relay-boss-" + Guid.NewGuid().ToString("n")[..8], _bossEmail);
        _client = await proxy.StartAnotherAsync("--WHATSAPP_RAILWAY_BASE_URL", _worker.Urls.Single() + "/", "--INTERNAL_TOKEN", "a-token", "--SUPER_ADMIN_EMAIL", _bossEmail);
        _employee = await proxy.EmployeeAsync("relay-employee");
    }

    public async Task DisposeAsync() => await _worker.DisposeAsync();

    public static TheoryData<string, string, bool> Functions => new()
    {
        { "GET", "/whatsappProxyGetAccounts", true },
        { "GET", "/whatsappProxyGetAccountsStaff", false },
        { "POST", "/whatsappProxyAddAccount", true },
        { "POST", "/whatsappProxyRegenerateQr?accountId=a", true },
        { "POST", "/whatsappProxyDeleteAccount?accountId=a", true },
        { "DELETE", "/whatsappProxyDeleteAccount?accountId=a", true },
        { "POST", "/whatsappProxyBackfillAccount?accountId=a", false },
        { "GET", "/whatsappProxyGetInbox?accountId=a", false },
    };

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task each_function_lets_in_whom_it_should_and_answers_every_browser(string method, string path, bool superAdminOnly)
    {
        var stranger = await proxy.SignUpAsync(ProxyUnderTest.Next("stranger"));

        (await AskAsync(method, path, null)).AssertRefused(401, "missing_auth_token");
        (await AskAsync(method, path, "not-a-token")).AssertRefused(401, "unauthorized");
        (await AskAsync(method, path, stranger)).AssertRefused(403, superAdminOnly ? "super_admin_only" : "employee_only");
        (await AskAsync("PUT", path, _boss)).AssertRefused(405, "method_not_allowed");
        Assert.Equal(204, (await AskAsync("OPTIONS", path, null)).Status);
        if (superAdminOnly)
        {
            (await AskAsync(method, path, _employee)).AssertRefused(403, "super_admin_only");
        }

        Assert.Equal(0, _calls);
        var good = await AskAsync(method, path, superAdminOnly ? _boss : _employee, Add);
        Assert.True(good.Status == 200, good.Text);
        Assert.Equal((1, "a-token"), (_calls, _received.Token));
        var local = await AskAsync(method, $"/{ProxyUnderTest.ProjectId}/us-central1{path}", _boss, Add);
        Assert.Equal(200, local.Status);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task a_worker_that_is_not_configured_away_or_no_worker_is_told_as_json(string method, string path, bool superAdminOnly)
    {
        _ = superAdminOnly;
        var none = await proxy.StartAnotherAsync("--SUPER_ADMIN_EMAIL", _bossEmail);
        var away = await proxy.StartAnotherAsync("--SUPER_ADMIN_EMAIL", _bossEmail, "--WHATSAPP_RAILWAY_BASE_URL", "http://127.0.0.1:1", "--INTERNAL_TOKEN", "x");
        _answer = (200, "<html>It works</html>", "text/html");

        (await AskAsync(method, path, _boss, Add, none)).AssertRefused(500, "configuration_missing");
        var unreachable = await AskAsync(method, path, _boss, Add, away);
        unreachable.AssertRefused(502, "backend_connection_failed");
        Assert.DoesNotContain("127.0.0.1", unreachable.Text);
        var odd = await AskAsync(method, path, _boss, Add);
        odd.AssertRefused(502, "invalid_backend_response");
        Assert.Equal(200, odd.Body.GetProperty("upstreamStatusCode").GetInt32());
        Assert.DoesNotContain("It works", odd.Text);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(400)]
    [InlineData(418)]
    [InlineData(500)]
    [InlineData(502)]
    public async Task what_a_client_can_act_on_keeps_its_status_and_nobodys_text_leaves(int status)
    {
        _answer = (status, JsonSerializer.Serialize(new { success = false, error = "account_not_found", message = Leak, retryAfterSeconds = 7, accountId = Leak, currentStatus = Leak }), "application/json");
        var passed = new[] { 401, 403, 404, 409, 429, 503 }.Contains(status);

        foreach (var (method, path, _) in Functions.Select(row => ((string)row[0], (string)row[1], (bool)row[2])))
        {
            var answer = await AskAsync(method, path, _boss, Add, headers: ("X-Request-ID", "1700_1"));

            var keeps = passed || (status == 400 && path.Contains("Add", StringComparison.Ordinal)) || (status is >= 400 and < 500 && path.Contains("Regenerate", StringComparison.Ordinal));
            Assert.True((keeps ? status : 500) == answer.Status, $"{path}: {answer.Status} {answer.Text}");
            Assert.False(answer.Body.GetProperty("success").GetBoolean());
            Assert.Equal(("1700_1", status), (answer.Body.GetProperty("requestId").GetString(), answer.Body.GetProperty("upstreamStatusCode").GetInt32()));
            Assert.NotEmpty(answer.Message);
            Assert.DoesNotContain("10.0.0.7", answer.Text);
            Assert.DoesNotContain("712345678", answer.Text);
            if (status is 429 or 503)
            {
                Assert.Equal((7, "7"), (answer.Body.GetProperty("retryAfterSeconds").GetInt32(), answer.Headers["Retry-After"]));
            }
        }
    }

    [Theory]
    [InlineData("/whatsappProxyGetAccounts", 500, "backend_error")]
    [InlineData("/whatsappProxyGetAccounts", 404, "some_code")]
    [InlineData("/whatsappProxyGetAccountsStaff", 500, "internal_error")]
    [InlineData("/whatsappProxyAddAccount", 500, "backend_error")]
    [InlineData("/whatsappProxyAddAccount", 503, "some_code")]
    [InlineData("/whatsappProxyRegenerateQr?accountId=a", 500, "UPSTREAM_HTTP_500")]
    [InlineData("/whatsappProxyRegenerateQr?accountId=a", 404, "UPSTREAM_HTTP_404")]
    [InlineData("/whatsappProxyRegenerateQr?accountId=a", 503, "some_code")]
    [InlineData("/whatsappProxyDeleteAccount?accountId=a", 500, "backend_error")]
    [InlineData("/whatsappProxyBackfillAccount?accountId=a", 500, "backend_error")]
    public async Task a_refusal_has_the_functions_own_code(string path, int status, string error)
    {
        _answer = (status, """{"success":false,"error":"some_code"}""", "application/json");

        var answer = await AskAsync(path.Contains("Get", StringComparison.Ordinal) ? "GET" : "POST", path, _boss, Add);

        Assert.Equal((error, "some_code"), (answer.Error, answer.Body.GetProperty("backendError").GetString()));
    }

    [Fact]
    public async Task a_good_answer_is_passed_on_as_it_is_with_the_ids_of_the_request()
    {
        _answer = (202, """{"success":true,"status":"already_in_progress","more":{"x":[1,null,"é"]}}""", "application/json");

        var answer = await AskAsync("POST", "/whatsappProxyRegenerateQr", _boss, """{"accountId":" an id "}""", headers: [("X-Request-ID", "1700_2"), ("X-Correlation-Id", "c-3")]);

        Assert.Equal(202, answer.Status);
        Assert.Equal("""{"x":[1,null,"é"]}""", answer.Body.GetProperty("more").GetRawText().Replace("\\u00E9", "é", StringComparison.Ordinal));
        Assert.Equal("1700_2", answer.Body.GetProperty("requestId").GetString());
        Assert.Equal(("POST", "/api/whatsapp/regenerate-qr/an id", "1700_2", "c-3"), (_received.Method, _received.Path, _received.RequestId, _received.CorrelationId));
        Assert.Equal(("1700_2", "c-3"), (answer.Headers["X-Request-ID"], answer.Headers["X-Correlation-Id"]));
    }

    [Fact]
    public async Task a_request_without_an_id_gets_one_that_tells_the_function()
    {
        await AskAsync("GET", "/whatsappProxyGetAccounts", _boss);
        Assert.Matches("^getAccounts_[0-9]+$", _received.RequestId);
        await AskAsync("GET", "/whatsappProxyGetInbox?accountId=a&limit=7", _boss);
        Assert.Matches("^getInbox_[0-9]+$", _received.RequestId);
        Assert.Equal("/api/whatsapp/inbox/a?limit=7", _received.Path);
    }

    [Theory]
    [InlineData("""{"phone":"+40712345678"}""", "name")]
    [InlineData("""{"name":"  ","phone":"+40712345678"}""", "name")]
    [InlineData("""{"name":7,"phone":"+40712345678"}""", "name")]
    [InlineData("""{"name":"N"}""", "phone is required")]
    [InlineData("""{"name":"N","phone":"123"}""", "shorter")]
    [InlineData("""{"name":"N","phone":"+40712345abc"}""", "digits")]
    [InlineData("""{"name":"N","phone":"++4071234567"}""", "digits")]
    [InlineData("""{"name":"N","provider":"telex"}""", "provider")]
    [InlineData("""{"name":"N","provider":"cloud_api","accessToken":"t"}""", "phoneNumberId")]
    [InlineData("""{"name":"N","provider":"cloud_api","phoneNumberId":"1","accessToken":"a b"}""", "accessToken")]
    [InlineData("""{"name":"N","provider":"cloud_api","phoneNumberId":"1","accessToken":"t","wabaId":"x"}""", "wabaId")]
    [InlineData("[]", "object")]
    [InlineData("{", "JSON")]
    [InlineData("", "JSON")]
    public async Task an_account_that_cannot_be_is_refused_with_the_reason(string body, string reason)
    {
        var refused = await AskAsync("POST", "/whatsappProxyAddAccount", _boss, body);

        refused.AssertRefused(400, "invalid_request");
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, _calls);
    }

    [Fact]
    public async Task a_name_may_have_a_hundred_characters_and_a_number_inner_blanks()
    {
        (await AskAsync("POST", "/whatsappProxyAddAccount", _boss, $$"""{"name":"{{new string('n', 101)}}","phone":"+40712345678"}""")).AssertRefused(400, "invalid_request");

        Assert.Equal(200, (await AskAsync("POST", "/whatsappProxyAddAccount", _boss, $$"""{"name":"{{new string('n', 100)}}","phone":" +40 712 345 678 "}""")).Status);
        Assert.Equal("+40 712 345 678", JsonDocument.Parse(_received.Body).RootElement.GetProperty("phone").GetString());
    }

    [Theory]
    [InlineData("POST", "/whatsappProxyRegenerateQr")]
    [InlineData("POST", "/whatsappProxyRegenerateQr?accountId=%20")]
    [InlineData("POST", "/whatsappProxyRegenerateQr?accountId=a%2Fb")]
    [InlineData("DELETE", "/whatsappProxyDeleteAccount")]
    [InlineData("POST", "/whatsappProxyBackfillAccount")]
    [InlineData("GET", "/whatsappProxyGetInbox")]
    public async Task an_account_must_be_named(string method, string path)
    {
        (await AskAsync(method, path, _boss)).AssertRefused(400, "invalid_request");
        Assert.Equal(0, _calls);
    }

    [Theory]
    [InlineData("GET", "/whatsapp")]
    [InlineData("POST", "/whatsapp")]
    [InlineData("POST", "/whatsapp/api/whatsapp/send-message")]
    public async Task the_function_of_old_is_gone(string method, string path) => (await AskAsync(method, path, null)).AssertRefused(410, "deprecated");

    private Task<ProxyUnderTest.Answer> AskAsync(
        string method, string path, string? token, string? body = null, HttpClient? client = null, params (string Name, string Value)[] headers) => ProxyUnderTest.SendAsync(
        client ?? _client, new HttpMethod(method), path, token, body is null || method == "GET" ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"), headers);

    private async Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref _calls);
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        _received = (http.Request.Method, http.Request.Path.Value + http.Request.QueryString, http.Request.Headers["X-Internal-Token"].ToString(),
            http.Request.Headers["X-Request-ID"].ToString(), http.Request.Headers["X-Correlation-Id"].ToString(), body);
        http.Response.StatusCode = _answer.Status;
        http.Response.ContentType = _answer.Type;
        await http.Response.WriteAsync(_answer.Body);
    }
}
