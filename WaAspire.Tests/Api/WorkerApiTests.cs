using System.Text.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Api;

/// <summary>What only other servers ask a worker for, and what probes do.</summary>
[Collection(DeskCollection.Name)]
public sealed class WorkerApiTests(DeskWorld desk)
{
    [Theory]
    [InlineData("GET", "/accounts")]
    [InlineData("GET", "/api/whatsapp/accounts")]
    [InlineData("POST", "/api/whatsapp/add-account")]
    [InlineData("POST", "/api/whatsapp/regenerate-qr/a")]
    [InlineData("GET", "/api/whatsapp/qr/a")]
    [InlineData("GET", "/api/whatsapp/qr-visual")]
    [InlineData("PATCH", "/api/whatsapp/accounts/a/name")]
    [InlineData("DELETE", "/api/whatsapp/accounts/a")]
    [InlineData("POST", "/api/whatsapp/accounts/a/reset")]
    [InlineData("POST", "/api/whatsapp/disconnect/a")]
    [InlineData("POST", "/api/whatsapp/backfill/a")]
    [InlineData("GET", "/api/whatsapp/inbox/a")]
    [InlineData("GET", "/api/whatsapp/threads/a")]
    [InlineData("GET", "/api/whatsapp/messages?accountId=a")]
    [InlineData("GET", "/api/whatsapp/messages/a/b")]
    [InlineData("POST", "/api/whatsapp/send-message")]
    [InlineData("GET", "/api/whatsapp/accounts/a/health")]
    [InlineData("GET", "/health/detailed")]
    [InlineData("GET", "/api/status/dashboard")]
    public async Task nobody_without_the_internal_token_is_told_anything(string method, string path)
    {
        using var stranger = new HttpClient { BaseAddress = desk.Worker.BaseAddress };

        (await ProxyUnderTest.SendAsync(stranger, new HttpMethod(method), path, desk.Boss, null)).AssertRefused(401, "missing_internal_token");
    }

    [Fact]
    public async Task a_message_of_another_server_is_only_put_into_the_outbox_once()
    {
        var accountId = await desk.AddAsync();
        var body = new { accountId, to = "+40 744 000 001".Replace(" ", "", StringComparison.Ordinal), message = "Hello", clientMessageId = "order-1" };

        var first = await desk.AskAsync("POST", "/api/whatsapp/send-message", body);
        var second = await desk.AskAsync("POST", "/api/whatsapp/send-message", body);

        Assert.True(first.Status == 200, first.Text);
        Assert.Equal((true, false, true), (first.Body.GetProperty("queued").GetBoolean(), first.Body.GetProperty("duplicate").GetBoolean(), second.Body.GetProperty("duplicate").GetBoolean()));
        var requestId = first.Body.GetProperty("messageId").GetString()!;
        var threadId = $"{accountId}__40744000001@s.whatsapp.net";
        Assert.Equal(RequestId.Of(threadId, "service", "order-1"), requestId);
        var stored = OutboxDocument.Read((await desk.Firebase.FindAsync(FirestorePaths.OutboxMessage(requestId)))!);
        Assert.Equal((OutboxStatus.Queued, 0L, threadId), (stored.Status, (long)stored.AttemptCount, stored.ThreadId));
        Assert.Single(await desk.Firebase.MessagesAsync(threadId));

        // A conversation that a service begins is everybody's: the first employee who answers owns it.
        var thread = (await desk.Firebase.FindAsync(FirestorePaths.Thread(threadId)))!.Fields;
        Assert.Equal((accountId, "40744000001@s.whatsapp.net", null), (thread.Text(ThreadFields.AccountId), thread.Text(ThreadFields.ClientJid), thread.Text(ThreadFields.OwnerUid)));
        Assert.NotNull(thread.Timestamp(ThreadFields.LastMessageAt));
    }

    [Fact]
    public async Task a_server_writes_in_an_owned_thread_and_leaves_its_owner()
    {
        var accountId = await desk.AddAsync();
        var threadId = $"{accountId}__40744000002@s.whatsapp.net";
        await desk.Firebase.SetAsync(FirestorePaths.Thread(threadId), new DocumentFields { ["accountId"] = accountId, ["clientJid"] = "40744000002@s.whatsapp.net", ["ownerUid"] = "ana" });

        Assert.Equal(200, (await desk.AskAsync("POST", "/api/whatsapp/send-message", new { accountId, to = "40744000002@c.us", message = "Hello" })).Status);

        Assert.Equal("ana", (await desk.Firebase.FindAsync(FirestorePaths.Thread(threadId)))!.Fields.Text(ThreadFields.OwnerUid));
        (await desk.AskAsync("POST", "/api/whatsapp/send-message", new { accountId, threadId, to = "40744000003", message = "Hello" })).AssertRefused(403, "recipient_mismatch");
        (await desk.AskAsync("POST", "/api/whatsapp/send-message", new { accountId, threadId = "nowhere", to = "40744000003", message = "Hello" })).AssertRefused(404, "thread_not_found");
        (await desk.AskAsync("POST", "/api/whatsapp/send-message", new { accountId = "nobody", to = "40744000003", message = "Hello" })).AssertRefused(404, "account_not_found");
        (await desk.AskAsync("POST", "/api/whatsapp/send-message", new { accountId, to = "40744000003" })).AssertRefused(400, "invalid_request");
    }

    [Fact]
    public async Task a_reset_account_loses_its_keys_and_a_stopped_one_keeps_them_until_somebody_wants_it_back()
    {
        var accountId = await desk.AddAsync();
        await desk.ChangeAsync(accountId, new DocumentFields { [AccountFields.Status] = AccountFields.Connected, [AccountFields.PairRequestedAt] = DateTimeOffset.UnixEpoch });

        var stopped = await desk.AskAsync("POST", $"/api/whatsapp/disconnect/{accountId}");
        Assert.Equal((200, "user_disconnect"), (stopped.Status, stopped.Body.GetProperty("reason").GetString()));
        var account = await desk.AccountAsync(accountId);
        Assert.Equal(("disconnected", true, null), (account.Text(AccountFields.Status), account.Boolean(AccountFields.SessionStopped), account.Map(AccountFields.PairRequest)));

        Assert.Equal(200, (await desk.AskAsync("POST", $"/api/whatsapp/accounts/{accountId}/reset")).Status);
        account = await desk.AccountAsync(accountId);
        Assert.Equal(
            ("needs_qr", true, true, null),
            (account.Text(AccountFields.Status), account.Boolean(AccountFields.RequiresQr), account.Map(AccountFields.PairRequest)!.Boolean("fresh"), account.Boolean(AccountFields.SessionStopped)));
        (await desk.AskAsync("POST", "/api/whatsapp/accounts/nobody/reset")).AssertRefused(404, "account_not_found");
    }

    [Fact]
    public async Task an_account_gets_another_name_in_every_list()
    {
        var accountId = await desk.AddAsync();

        Assert.Equal(200, (await desk.AskAsync("PATCH", $"/api/whatsapp/accounts/{accountId}/name", new { name = " <b>Sales</b> " })).Status);

        Assert.Equal("<b>Sales</b>", (await desk.ListedAsync(accountId)).GetProperty("name").GetString());
        (await desk.AskAsync("PATCH", $"/api/whatsapp/accounts/{accountId}/name", new { name = "" })).AssertRefused(400, "invalid_request");
        (await desk.AskAsync("PATCH", "/api/whatsapp/accounts/nobody/name", new { name = "N" })).AssertRefused(404, "account_not_found");
    }

    [Fact]
    public async Task a_page_shows_the_code_and_nobodys_markup()
    {
        var accountId = await desk.AddAsync();
        await desk.AskAsync("PATCH", $"/api/whatsapp/accounts/{accountId}/name", new { name = "<script>alert(1)</script>" });
        Assert.Equal(404, (await desk.AskAsync("GET", $"/api/whatsapp/qr/{accountId}")).Status);

        await desk.ShowCodeAsync(accountId, TimeSpan.FromHours(1));
        var page = await desk.AskAsync("GET", $"/api/whatsapp/qr/{accountId}");
        var all = await desk.AskAsync("GET", "/api/whatsapp/qr-visual");

        Assert.All([page, all], shown =>
        {
            Assert.Equal((200, "text/html", "no-store"), (shown.Status, shown.MediaType, shown.Headers["Cache-Control"]));
            Assert.Contains("data:image/png;base64,", shown.Text);
            Assert.Contains("&lt;script&gt;", shown.Text);
            Assert.DoesNotContain("<script>", shown.Text);
        });
    }

    [Fact]
    public async Task probes_get_json_and_no_phone_number()
    {
        var phone = DeskWorld.NewPhone();
        var accountId = await desk.AddAsync(phone);
        using var stranger = new HttpClient { BaseAddress = desk.Worker.BaseAddress };

        foreach (var path in new[] { "/", "/health", "/ready", "/diag" })
        {
            var open = await ProxyUnderTest.SendAsync(stranger, HttpMethod.Get, path, null, null);
            Assert.Equal((200, "application/json"), (open.Status, open.MediaType));
            Assert.DoesNotContain(phone[1..], open.Text);
            Assert.DoesNotContain(accountId, open.Text);
        }

        var health = (await desk.AskAsync("GET", "/health")).Body;
        Assert.Equal((true, "healthy", "whatsapp-backend"), (health.GetProperty("ok").GetBoolean(), health.GetProperty("status").GetString(), health.GetProperty("service").GetString()));
        Assert.Equal("active", (await desk.AskAsync("GET", "/ready")).Body.GetProperty("mode").GetString());
        var detailed = (await desk.AskAsync("GET", "/health/detailed")).Body.GetProperty("accounts").EnumerateArray();
        Assert.Contains(detailed, account => account.GetProperty("accountId").GetString() == accountId);
        Assert.True((await desk.AskAsync("GET", "/api/status/dashboard")).Body.GetProperty("summary").GetProperty("connecting").GetInt32() > 0);
        var own = (await desk.AskAsync("GET", $"/api/whatsapp/accounts/{accountId}/health")).Body;
        Assert.Equal((false, JsonValueKind.Null), (own.GetProperty("connected").GetBoolean(), own.GetProperty("lastRealMessageMs").ValueKind));
    }

    [Fact]
    public async Task a_session_counts_as_active_only_while_somebody_holds_it_and_its_reconnects_count()
    {
        var before = (await desk.AskAsync("GET", "/metrics-json")).Body;
        var accountId = await desk.AddAsync();
        await desk.ChangeAsync(accountId, new DocumentFields { [AccountFields.Status] = AccountFields.Connected, [AccountFields.ReconnectCount] = 7L });

        await Kit.Eventually.IsTrueAsync(
            async () => (await MetricsAsync("reconnectCount")) == before.GetProperty("reconnectCount").GetInt64() + 7, "the reconnects are counted");
        var active = await MetricsAsync("activeAccounts");

        // Its owner's lease. Another worker's, which nobody takes from it here.
        await desk.Firebase.SetAsync(FirestorePaths.AccountLease(accountId), new DocumentFields { ["accountId"] = accountId, ["owner"] = "another", ["epoch"] = 1L, ["clean"] = false });
        await Kit.Eventually.IsTrueAsync(async () => await MetricsAsync("activeAccounts") == active + 1, "the held session is counted");
    }

    private async Task<long> MetricsAsync(string name) => (await desk.AskAsync("GET", "/metrics-json")).Body.GetProperty(name).GetInt64();
}
