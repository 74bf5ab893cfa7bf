using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Proxy.Operations.Live;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Operations;

/// <summary>The events behind the page: who hears what of a worker that says what the test wants, and what listening costs.</summary>
public sealed class LiveTests : IClassFixture<SpokenWorker>
{
    private const string Often = "00:00:00.100";
    private const string Once = "01:00:00";
    private readonly SpokenWorker _worker;

    public LiveTests(SpokenWorker worker)
    {
        _worker = worker;
        worker.Forget();
    }

    [Theory]
    [InlineData("/ops/events")]
    [InlineData("/ops/threads/a__40712345678@s.whatsapp.net/messages")]
    public async Task only_employees_come_in(string path)
    {
        var stranger = await _worker.Firebase.SignUpAsync(ProxyUnderTest.Next("stranger"));

        (await AskAsync(path, null)).AssertRefused(401, "missing_auth_token");
        (await AskAsync(path, "not-a-token")).AssertRefused(401, "unauthorized");
        (await AskAsync(path, stranger)).AssertRefused(403, "employee_only");
    }

    [Fact]
    public async Task without_a_worker_to_ask_a_page_is_told_so()
    {
        (await ProxyUnderTest.SendAsync(_worker.ProxyOfNone, HttpMethod.Get, "/ops/events", _worker.Boss, null)).AssertRefused(500, "configuration_missing");

        await using var page = await EventStream.OpenAsync(_worker.ProxyOfNobody, _worker.Boss);
        Assert.Equal("backend_connection_failed", (await page.NextAsync("trouble")).GetProperty("error").GetString());
    }

    [Fact]
    public async Task all_pages_share_one_look_at_the_fleet()
    {
        _worker.Answer = (200, """{"success":true,"accounts":[]}""", "application/json");
        // Its own address of the worker: other tests' proxies may still be asking.
        var proxy = await StartAsync("--Live:ReadEvery", Once, "--WHATSAPP_RAILWAY_BASE_URL", _worker.Url + "/shared");

        for (var i = 0; i < 5; i++)
        {
            await using var page = await EventStream.OpenAsync(proxy, _worker.Boss);
            Assert.Equal("super-admin", (await page.NextAsync("hello")).GetProperty("role").GetString());
            Assert.True((await page.NextAsync("overview")).GetProperty("success").GetBoolean());
        }

        Assert.Equal(1, _worker.CallsTo("/shared/internal/overview"));
    }

    [Fact]
    public async Task nobody_is_waited_for_who_has_gone()
    {
        var listeners = NewListeners();
        var nobody = listeners.SomebodyAsync(CancellationToken.None);
        Assert.False(nobody.IsCompleted);

        var first = listeners.Join(isSuperAdmin: true)!;
        var second = listeners.Join(isSuperAdmin: false)!;
        await nobody;
        Assert.True(listeners.HasEmployees);

        second.Dispose();
        Assert.False(listeners.HasEmployees);
        Assert.True(listeners.SomebodyAsync(CancellationToken.None).IsCompleted);

        first.Dispose();
        first.Dispose();
        Assert.False(listeners.SomebodyAsync(CancellationToken.None).IsCompleted);
    }

    [Fact]
    public async Task a_page_that_reads_slowly_is_told_the_newest_and_nothing_older()
    {
        var listeners = NewListeners();
        using var page = listeners.Join(isSuperAdmin: false)!;
        foreach (var text in new[] { "1", "2", "3" })
        {
            listeners.Publish(new LiveNews("overview", "for another", text));
        }

        Assert.Equal("3", (await page.NextAsync(CancellationToken.None))!.Value.Data);
        Assert.Null(await page.NextAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task there_is_room_for_so_many_pages_and_again_when_one_has_gone()
    {
        var proxy = await StartAsync("--Live:ListenersMax", "1", "--Live:ReadEvery", Often);
        await using (var page = await EventStream.OpenAsync(proxy, _worker.Boss))
        {
            await page.NextAsync("hello");
            var refused = await ProxyUnderTest.SendAsync(proxy, HttpMethod.Get, "/ops/events", _worker.Boss, null);
            refused.AssertRefused(503, "service_unavailable");
            Assert.Equal("10", refused.Headers["Retry-After"]);
        }

        await Eventually.IsTrueAsync(async () => await IsWelcomeAsync(proxy), "there is room again");
    }

    [Fact]
    public async Task a_stream_ends_so_that_token_and_role_are_asked_anew()
    {
        var proxy = await StartAsync("--Live:StreamFor", "00:00:01", "--Live:ReadEvery", Often);
        await using var page = await EventStream.OpenAsync(proxy, _worker.Employee);

        Assert.Equal("employee", (await page.NextAsync("hello")).GetProperty("role").GetString());
        await page.ToEndAsync();
    }

    [Fact]
    public async Task an_employee_hears_of_no_code_no_account_of_the_super_admins_and_no_dead_letter()
    {
        await _worker.Firebase.SetAsync("config/whatsapp_inbox", new DocumentFields { ["adminOnlyAccountIds"] = FirestoreValue.From([FirestoreValue.From("board")]) });
        _worker.Answer = (200, """
            {"success":true,"figures":{"queuedCount":3},
             "accounts":[{"id":"shop","phone":"+40711111111","qrCode":"data:image/png;base64,AAAA","qrExpiresAt":{"_seconds":1},"pairingCode":"ABCD"},
                         {"id":"boss","phone":"+40799000111"},{"id":"board","phone":"+40733333333"}],
             "queues":[{"accountId":"shop","queued":1},{"accountId":"boss","queued":1},{"accountId":"board","queued":1}],
             "waiting":[{"requestId":"1","accountId":"boss"},{"requestId":"2","accountId":"shop"}],
             "uncertain":[{"requestId":"3","accountId":"board"},{"requestId":"4","accountId":"shop"},{"requestId":"5"}],
             "deadLetters":[{"requestId":"6","accountId":"shop"}],"deadLettersNext":"x"}
            """, "application/json");
        var proxy = await StartAsync("--ADMIN_PHONE", "+40 799 000 111", "--Live:ReadEvery", Often);
        await using var employee = await EventStream.OpenAsync(proxy, _worker.Employee);
        await using var boss = await EventStream.OpenAsync(proxy, _worker.Boss);

        var told = await employee.NextAsync("overview");

        Assert.Equal(3, told.GetProperty("figures").GetProperty("queuedCount").GetInt32());
        Assert.Equal(["id", "phone"], Assert.Single(told.GetProperty("accounts").EnumerateArray().ToArray()).EnumerateObject().Select(field => field.Name));
        Assert.Equal(["shop"], Values(told, "queues", "accountId"));
        Assert.Equal(["2"], Values(told, "waiting", "requestId"));
        Assert.Equal(["4"], Values(told, "uncertain", "requestId"));
        Assert.False(told.TryGetProperty("deadLetters", out _));
        Assert.False(told.TryGetProperty("deadLettersNext", out _));
        Assert.Equal(["6"], Values(await boss.NextAsync("overview"), "deadLetters", "requestId"));
    }

    private static string[] Values(JsonElement told, string list, string name) => [.. told.GetProperty(list).EnumerateArray().Select(entry => entry.GetProperty(name).GetString()!)];

    private Task<ProxyUnderTest.Answer> AskAsync(string path, string? token) => ProxyUnderTest.SendAsync(_worker.Proxy, HttpMethod.Get, path, token, null);

    private Task<HttpClient> StartAsync(params string[] settings) => _worker.Firebase.StartAnotherAsync(
        ["--WHATSAPP_RAILWAY_BASE_URL", _worker.Url, "--INTERNAL_TOKEN", "a-token", .. settings]);

    private async Task<bool> IsWelcomeAsync(HttpClient proxy)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ops/events");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {_worker.Boss}");
        using var response = await proxy.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return response.IsSuccessStatusCode;
    }

    private static LiveListeners NewListeners() => new(Options.Create(new LiveOptions()), TimeProvider.System);
}
