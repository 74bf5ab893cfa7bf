using System.Text.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Api;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Overview;

/// <summary>One look at the whole fleet, as a worker answers the proxy.</summary>
[Collection(DeskCollection.Name)]
public sealed class OverviewTests(DeskWorld desk)
{
    private const string Look = "/internal/overview";
    private static int _phones;

    [Fact]
    public async Task it_needs_the_internal_token_and_says_when_the_store_is_out()
    {
        using var stranger = new HttpClient { BaseAddress = desk.Worker.BaseAddress };
        (await ProxyUnderTest.SendAsync(stranger, HttpMethod.Get, Look, null, null)).AssertRefused(401, "missing_internal_token");

        await using (await desk.Firebase.WithFaultsAsync(new { failures = new[] { new { operation = "runAggregationQuery", status = "PERMISSION_DENIED", times = 9999 } } }))
        {
            await Eventually.IsTrueAsync(async () => (await desk.AskAsync("GET", Look)).Status == 503, "no look is remembered any more");
            (await desk.AskAsync("GET", Look)).AssertRefused(503, "service_unavailable");
        }
    }

    [Fact]
    public async Task its_figures_are_those_of_metrics_json()
    {
        // A reading that stays: both must show this very one.
        await desk.WithWorkerAsync(
            async worker =>
            {
                var look = (await ProxyUnderTest.SendAsync(worker, HttpMethod.Get, Look, null, null)).Body.GetProperty("figures");
                var figures = (await ProxyUnderTest.SendAsync(worker, HttpMethod.Get, "/metrics-json", null, null)).Body;
                Assert.Equal(figures.GetRawText(), look.GetRawText());
            },
            "--Observability:MetricsFreshFor", "00:05:00");
    }

    [Fact]
    public async Task a_queue_is_told_by_account_with_its_oldest_whether_it_is_short_or_long()
    {
        var (first, second) = (await OpenAsync(), await OpenAsync());
        foreach (var account in new[] { first, second, second })
        {
            await EnqueueAsync(account);
        }

        var look = await LookAsync(look => QueueOf(look, second)?.GetProperty("queued").GetInt32() == 2);
        Assert.Equal(1, QueueOf(look, first)!.Value.GetProperty("queued").GetInt32());
        Assert.NotNull(QueueOf(look, first)!.Value.GetProperty("oldestAt").GetString());
        var oldest = look.GetProperty("waiting").EnumerateArray().Where(message => message.GetProperty("accountId").GetString() == second).ToList();
        Assert.Equal(2, oldest.Count);
        Assert.Equal(QueueOf(look, second)!.Value.GetProperty("oldestAt").GetString(), oldest[0].GetProperty("orderAt").GetString());

        // Beyond its page the queue is counted, and who is younger than the page has no oldest.
        await desk.WithWorkerAsync(
            async worker =>
            {
                var cut = (await ProxyUnderTest.SendAsync(worker, HttpMethod.Get, Look, null, null)).Body;
                Assert.Equal(1, cut.GetProperty("waiting").GetArrayLength());
                Assert.Equal((1, 2), (QueueOf(cut, first)!.Value.GetProperty("queued").GetInt32(), QueueOf(cut, second)!.Value.GetProperty("queued").GetInt32()));
                Assert.Equal(JsonValueKind.Null, QueueOf(cut, second)!.Value.GetProperty("oldestAt").ValueKind);
            },
            "--Overview:WaitingMax", "1");
    }

    [Fact]
    public async Task doubts_are_told_also_when_they_have_left_their_lane_and_a_dead_letter_with_its_reason()
    {
        var account = await OpenAsync();
        var (doubt, released, dead) = (await EnqueueAsync(account), await EnqueueAsync(account), await EnqueueAsync(account));
        await PutAsync(doubt, new DocumentFields { ["status"] = "uncertain", ["doubtReason"] = "timeout", ["doubtSince"] = DateTimeOffset.UnixEpoch });
        await PutAsync(released, new DocumentFields { ["status"] = "uncertain", ["doubtReason"] = "died" }, OutboxFields.OrderAt, OutboxFields.NextAttemptAt);
        await PutAsync(dead, new DocumentFields
        {
            ["status"] = "failed",
            ["failedAt"] = TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(1), // the newest of all
            ["failure"] = FirestoreValue.From(new DocumentFields { ["code"] = "131026", ["title"] = "Undeliverable" }),
        });

        var look = await LookAsync(look => look.GetProperty("uncertain").EnumerateArray().Any(entry => entry.GetProperty("requestId").GetString() == released));

        var doubts = look.GetProperty("uncertain").EnumerateArray().ToDictionary(entry => entry.GetProperty("requestId").GetString()!);
        Assert.Equal(("timeout", "1970-01-01T00:00:00.000Z", false),
            (doubts[doubt].GetProperty("doubtReason").GetString(), doubts[doubt].GetProperty("doubtSince").GetString(), doubts[doubt].GetProperty("isReleased").GetBoolean()));
        Assert.True(doubts[released].GetProperty("isReleased").GetBoolean());
        Assert.Equal((dead, "131026"), (look.GetProperty("deadLetters")[0].GetProperty("requestId").GetString(), look.GetProperty("deadLetters")[0].GetProperty("code").GetString()));
        Assert.DoesNotContain("nobody reads this here", look.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_account_is_told_with_its_last_inbound_and_its_last_acknowledgement()
    {
        var account = await OpenAsync();
        var thread = ThreadOf(account, "40755000001");
        var (heard, delivered) = (new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 1, 31, 12, 5, 0, TimeSpan.Zero));
        await desk.Firebase.SetAsync(FirestorePaths.ThreadMessage(thread, "m"), new DocumentFields
        {
            [ThreadMessageFields.Direction] = "outbound",
            [ThreadMessageFields.TsClient] = heard,
            [ThreadMessageFields.ProviderMessageId] = "wamid.m",
            [ThreadMessageFields.DeliveredAt] = delivered,
        });
        await desk.Firebase.SetAsync(FirestorePaths.Thread(thread), new DocumentFields
        {
            [ThreadFields.AccountId] = account,
            [ThreadFields.LastMessageAt] = delivered,
            [ThreadFields.LastInboundAt] = heard,
        });

        var look = await LookAsync(look => AccountOf(look, account) is { } shown && shown.GetProperty("lastAckAt").ValueKind == JsonValueKind.String);

        Assert.Equal(
            ("2026-01-31T12:00:00.000Z", "2026-01-31T12:05:00.000Z"),
            (AccountOf(look, account)!.Value.GetProperty("lastInboundAt").GetString(), AccountOf(look, account)!.Value.GetProperty("lastAckAt").GetString()));
    }

    [Fact]
    public async Task what_waits_is_withdrawn_by_the_super_admin_and_what_does_not_is_left_alone()
    {
        var requestId = await EnqueueAsync(await OpenAsync());

        Assert.Equal(200, (await desk.PostAsync($"/ops/outbox/{requestId}/cancel", desk.Boss)).Status);
        (await desk.PostAsync($"/ops/outbox/{requestId}/cancel", desk.Boss)).AssertRefused(409, "wrong_state");
        (await desk.PostAsync($"/ops/outbox/{requestId}/cancel", desk.Employee)).AssertRefused(403, "super_admin_only");

        var stored = (await desk.Firebase.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields;
        Assert.Equal(("canceled", "operator"), (stored.Text("status"), stored.Text(OutboxFields.CanceledByUid)));
        var audit = (await desk.GetAsync("/ops/audit?limit=20", desk.Boss)).Body.GetProperty("entries").EnumerateArray();
        Assert.Contains(audit, entry => entry.GetProperty("what").GetString() == "outbox.cancel" && entry.GetProperty("target").GetString() == $"outbox/{requestId}");
    }

    [Fact]
    public async Task a_conversation_is_read_by_who_may_read_it_without_the_evidence()
    {
        var account = await OpenAsync();
        var thread = ThreadOf(account, "40755000002");
        await desk.Firebase.SetAsync(FirestorePaths.Thread(thread), new DocumentFields { [ThreadFields.AccountId] = account });
        await desk.Firebase.SetAsync(FirestorePaths.ThreadMessage(thread, "m"), new DocumentFields { ["body"] = "Hello", ["tsClient"] = DateTimeOffset.UnixEpoch, ["raw"] = "evidence" });
        var path = $"/ops/threads/{Uri.EscapeDataString(thread)}/messages";

        var read = await desk.GetAsync(path, desk.Employee);
        Assert.True(read.Status == 200, read.Text);
        Assert.Equal((1, "Hello", thread), (read.Body.GetProperty("count").GetInt32(), read.Body.GetProperty("messages")[0].GetProperty("body").GetString(), read.Body.GetProperty("thread").GetProperty("id").GetString()));
        Assert.DoesNotContain("evidence", read.Text, StringComparison.Ordinal);
        (await desk.GetAsync("/ops/threads/nowhere/messages", desk.Employee)).AssertRefused(404, "thread_not_found");

        await desk.Firebase.SetAsync("config/whatsapp_inbox", new DocumentFields { ["adminOnlyAccountIds"] = FirestoreValue.From([FirestoreValue.From(account)]) });
        (await desk.GetAsync(path, desk.Employee)).AssertRefused(403, "forbidden");
        Assert.Equal(200, (await desk.GetAsync(path, desk.Boss)).Status);
    }

    private static string ThreadOf(string account, string phone) => $"{account}__{phone}@s.whatsapp.net";

    private static JsonElement? QueueOf(JsonElement look, string account) => Find(look, "queues", "accountId", account);

    private static JsonElement? AccountOf(JsonElement look, string account) => Find(look, "accounts", "id", account);

    private static JsonElement? Find(JsonElement look, string list, string name, string value) =>
        look.GetProperty(list).EnumerateArray().Where(entry => entry.GetProperty(name).GetString() == value).Select(entry => (JsonElement?)entry).FirstOrDefault();

    /// <summary>A look is remembered for a moment; this is one that has it.</summary>
    private async Task<JsonElement> LookAsync(Func<JsonElement, bool> isThere)
    {
        JsonElement look = default;
        await Eventually.IsTrueAsync(async () => await desk.AskAsync("GET", Look) is { Status: 200 } answer && isThere(look = answer.Body), "the look shows it");
        return look;
    }

    /// <summary>An account that never sends, so that its messages stay where a test puts them.</summary>
    private async Task<string> OpenAsync()
    {
        var account = ProxyUnderTest.Next("quiet");
        await desk.Firebase.SetAsync(FirestorePaths.Account(account), new DocumentFields
        {
            [AccountFields.Provider] = AccountFields.CloudApi,
            [AccountFields.Status] = AccountFields.Disconnected,
            [AccountFields.Name] = "Quiet",
        });
        return account;
    }

    private async Task<string> EnqueueAsync(string account)
    {
        var phone = $"4075600{Interlocked.Increment(ref _phones):d4}";
        await desk.Firebase.SetAsync(FirestorePaths.Thread(ThreadOf(account, phone)), new DocumentFields { [ThreadFields.AccountId] = account, [ThreadFields.ClientJid] = $"{phone}@s.whatsapp.net" });
        var sent = await desk.PostAsync("/whatsappProxySend", desk.Employee, new
        {
            threadId = ThreadOf(account, phone),
            accountId = account,
            toJid = $"{phone}@s.whatsapp.net",
            text = "nobody reads this here",
            clientMessageId = Guid.NewGuid().ToString(),
        });
        return sent.AssertAccepted();
    }

    private async Task PutAsync(string requestId, DocumentFields fields, params string[] deleted) => Assert.IsType<CommitOutcome.Committed>(await desk.Firestore.CommitAsync(
        [DocumentWrite.Update(FirestorePaths.OutboxMessage(requestId), Precondition.Present, fields, deleted)], "test", CancellationToken.None));
}
