using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WaAspire.Tests.Proxy;

/// <summary>The account functions at the door: who may call which, and what a client hears of a worker that says what the test wants.</summary>
public sealed class AccountRelayTests : IClassFixture<SpokenWorker>
{
    private const string Leak = "stack trace at http://10.0.0.7:8080 of +40712345678";
    private const string Add = """{"name":"N","phone":"+40712345678"}""";
    private readonly SpokenWorker _worker;

    public AccountRelayTests(SpokenWorker worker)
    {
        _worker = worker;
        worker.Forget();
    }

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
        var stranger = await _worker.Firebase.SignUpAsync(ProxyUnderTest.Next("stranger"));

        (await AskAsync(method, path, null)).AssertRefused(401, "missing_auth_token");
        (await AskAsync(method, path, "not-a-token")).AssertRefused(401, "unauthorized");
        (await AskAsync(method, path, stranger)).AssertRefused(403, superAdminOnly ? "super_admin_only" : "employee_only");
        (await AskAsync("PUT", path, _worker.Boss)).AssertRefused(405, "method_not_allowed");
        Assert.Equal(204, (await AskAsync("OPTIONS", path, null)).Status);
        if (superAdminOnly)
        {
            (await AskAsync(method, path, _worker.Employee)).AssertRefused(403, "super_admin_only");
        }

        Assert.Equal(0, _worker.Calls);
        var good = await AskAsync(method, path, superAdminOnly ? _worker.Boss : _worker.Employee, Add);
        Assert.True(good.Status == 200, good.Text);
        Assert.Equal((1, "a-token"), (_worker.Calls, _worker.Received.Token));
        var local = await AskAsync(method, $"/{ProxyUnderTest.ProjectId}/us-central1{path}", _worker.Boss, Add);
        Assert.Equal(200, local.Status);
    }

    [Fact]
    public async Task an_address_that_is_none_of_the_webs_counts_as_missing()
    {
        // Without its scheme, a host with a port reads like an address of a scheme of that name.
        var proxy = await _worker.Firebase.StartAnotherAsync("--WHATSAPP_RAILWAY_BASE_URL", "localhost:8080", "--INTERNAL_TOKEN", "a-token");

        (await AskAsync("GET", "/whatsappProxyGetAccounts", _worker.Boss, null, proxy)).AssertRefused(500, "configuration_missing");
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task a_worker_that_is_not_configured_away_or_no_worker_is_told_as_json(string method, string path, bool superAdminOnly)
    {
        _ = superAdminOnly;
        _worker.Answer = (200, "<html>It works</html>", "text/html");

        (await AskAsync(method, path, _worker.Boss, Add, _worker.ProxyOfNone)).AssertRefused(500, "configuration_missing");
        var unreachable = await AskAsync(method, path, _worker.Boss, Add, _worker.ProxyOfNobody);
        unreachable.AssertRefused(502, "backend_connection_failed");
        Assert.DoesNotContain("127.0.0.1", unreachable.Text);
        var odd = await AskAsync(method, path, _worker.Boss, Add);
        odd.AssertRefused(502, "invalid_backend_response");
        Assert.Equal(200, odd.Body.GetProperty("upstreamStatusCode").GetInt32());
        Assert.DoesNotContain("It works", odd.Text);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task a_worker_that_dies_while_it_is_asked_leaves_the_call_to_another_one(string method, string path, bool superAdminOnly)
    {
        _ = superAdminOnly;
        _worker.Deaths = 2;

        Assert.Equal(200, (await AskAsync(method, path, _worker.Boss, Add)).Status);
        Assert.Equal(3, _worker.Calls);
    }

    [Fact]
    public async Task an_operators_verb_goes_once_whatever_becomes_of_the_worker()
    {
        Assert.Equal(200, (await AskAsync("POST", "/ops/outbox/x/replay", _worker.Boss)).Status);
        _worker.Deaths = 1;

        (await AskAsync("POST", "/ops/outbox/x/replay", _worker.Boss)).AssertRefused(502, "backend_connection_failed");
        Assert.Equal(2, _worker.Calls);
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
        _worker.Answer = (status, JsonSerializer.Serialize(new { success = false, error = "account_not_found", message = Leak, retryAfterSeconds = 7, accountId = Leak, currentStatus = Leak }), "application/json");
        var passed = new[] { 401, 403, 404, 409, 429, 503 }.Contains(status);

        foreach (var (method, path, _) in Functions.Select(row => ((string)row[0], (string)row[1], (bool)row[2])))
        {
            var answer = await AskAsync(method, path, _worker.Boss, Add, headers: ("X-Request-ID", "1700_1"));

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
        _worker.Answer = (status, """{"success":false,"error":"some_code"}""", "application/json");

        var answer = await AskAsync(path.Contains("Get", StringComparison.Ordinal) ? "GET" : "POST", path, _worker.Boss, Add);

        Assert.Equal((error, "some_code"), (answer.Error, answer.Body.GetProperty("backendError").GetString()));
    }

    [Fact]
    public async Task a_good_answer_is_passed_on_as_it_is_with_the_ids_of_the_request()
    {
        _worker.Answer = (202, """{"success":true,"status":"already_in_progress","more":{"x":[1,null,"é"]}}""", "application/json");

        var answer = await AskAsync("POST", "/whatsappProxyRegenerateQr", _worker.Boss, """{"accountId":" an id "}""", headers: [("X-Request-ID", "1700_2"), ("X-Correlation-Id", "c-3")]);

        Assert.Equal(202, answer.Status);
        Assert.Equal("""{"x":[1,null,"é"]}""", answer.Body.GetProperty("more").GetRawText().Replace("\\u00E9", "é", StringComparison.Ordinal));
        Assert.Equal("1700_2", answer.Body.GetProperty("requestId").GetString());
        Assert.Equal(("POST", "/api/whatsapp/regenerate-qr/an id", "1700_2", "c-3"), (_worker.Received.Method, _worker.Received.Path, _worker.Received.RequestId, _worker.Received.CorrelationId));
        Assert.Equal(("1700_2", "c-3"), (answer.Headers["X-Request-ID"], answer.Headers["X-Correlation-Id"]));
    }

    [Fact]
    public async Task a_request_without_an_id_gets_one_that_tells_the_function()
    {
        await AskAsync("GET", "/whatsappProxyGetAccounts", _worker.Boss);
        Assert.Matches("^getAccounts_[0-9]+$", _worker.Received.RequestId);
        await AskAsync("GET", "/whatsappProxyGetInbox?accountId=a&limit=7", _worker.Boss);
        Assert.Matches("^getInbox_[0-9]+$", _worker.Received.RequestId);
        Assert.Equal("/api/whatsapp/inbox/a?limit=7", _worker.Received.Path);
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
        var refused = await AskAsync("POST", "/whatsappProxyAddAccount", _worker.Boss, body);

        refused.AssertRefused(400, "invalid_request");
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, _worker.Calls);
    }

    [Fact]
    public async Task a_name_may_have_a_hundred_characters_and_a_number_inner_blanks()
    {
        (await AskAsync("POST", "/whatsappProxyAddAccount", _worker.Boss, $$"""{"name":"{{new string('n', 101)}}","phone":"+40712345678"}""")).AssertRefused(400, "invalid_request");

        Assert.Equal(200, (await AskAsync("POST", "/whatsappProxyAddAccount", _worker.Boss, $$"""{"name":"{{new string('n', 100)}}","phone":" +40 712 345 678 "}""")).Status);
        Assert.Equal("+40 712 345 678", JsonDocument.Parse(_worker.Received.Body).RootElement.GetProperty("phone").GetString());
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
        (await AskAsync(method, path, _worker.Boss)).AssertRefused(400, "invalid_request");
        Assert.Equal(0, _worker.Calls);
    }

    [Theory]
    [InlineData("GET", "/whatsapp")]
    [InlineData("POST", "/whatsapp")]
    [InlineData("POST", "/whatsapp/api/whatsapp/send-message")]
    public async Task the_function_of_old_is_gone(string method, string path) => (await AskAsync(method, path, null)).AssertRefused(410, "deprecated");

    private Task<ProxyUnderTest.Answer> AskAsync(
        string method, string path, string? token, string? body = null, HttpClient? client = null, params (string Name, string Value)[] headers) => ProxyUnderTest.SendAsync(
        client ?? _worker.Proxy, new HttpMethod(method), path, token, body is null || method == "GET" ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"), headers);
}

/// <summary>A server that says what the test wants where a worker should be, and proxies: one that knows it, one that knows none, one whose worker is away.</summary>
public sealed class SpokenWorker : IAsyncLifetime
{
    private const string Token = "a-token";
    private WebApplication _server = null!;
    private readonly ConcurrentDictionary<string, int> _callsTo = new();
    private int _calls;

    public ProxyUnderTest Firebase { get; } = new();

    public HttpClient Proxy { get; private set; } = null!;

    /// <summary>For proxies with other settings.</summary>
    public string Url => _server.Urls.Single();

    public HttpClient ProxyOfNone => Firebase.Client;

    public HttpClient ProxyOfNobody { get; private set; } = null!;

    public string Boss { get; private set; } = "";

    public string Employee { get; private set; } = "";

    public int Calls => _calls;

    /// <summary>How often this path was asked for.</summary>
    public int CallsTo(string path) => _callsTo.GetValueOrDefault(path);

    internal (int Status, string Body, string Type) Answer { get; set; }

    internal (string Method, string Path, string Token, string RequestId, string CorrelationId, string Body) Received { get; private set; }

    /// <summary>So many calls more are heard, and the connection breaks.</summary>
    internal int Deaths { get; set; }

    /// <summary>For the next test.</summary>
    public void Forget() => (Answer, Received, _calls, Deaths) = ((200, "{}", "application/json"), default, 0, 0);

    public async Task InitializeAsync()
    {
        await Firebase.InitializeAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.Map("/{**path}", AnswerAsync);
        await _server.StartAsync();
        Proxy = await Firebase.StartAnotherAsync("--WHATSAPP_RAILWAY_BASE_URL", _server.Urls.Single() + "/", "--INTERNAL_TOKEN", Token);
        ProxyOfNobody = await Firebase.StartAnotherAsync("--WHATSAPP_RAILWAY_BASE_URL", "http://127.0.0.1:1", "--INTERNAL_TOKEN", Token);
        Boss = await Firebase.SignUpAsync(ProxyUnderTest.Next("boss"), ProxyUnderTest.SuperAdminEmail);
        Employee = await Firebase.EmployeeAsync(ProxyUnderTest.Next("employee"));
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await Firebase.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref _calls);
        _callsTo.AddOrUpdate(http.Request.Path.Value!, 1, (_, times) => times + 1);
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        Received = (http.Request.Method, http.Request.Path.Value + http.Request.QueryString, http.Request.Headers["X-Internal-Token"].ToString(),
            http.Request.Headers["X-Request-ID"].ToString(), http.Request.Headers["X-Correlation-Id"].ToString(), body);
        if (Deaths-- > 0)
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = Answer.Status;
        http.Response.ContentType = Answer.Type;
        await http.Response.WriteAsync(Answer.Body);
    }
}
