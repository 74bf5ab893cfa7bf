using System.Text;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Inbound;

[Collection(ProxyCollection.Name)]
public sealed class InboundOnceTests(ProxyUnderTest proxy)
{
    private static readonly string[] _impatient =
        ["--Firestore:CommitTimeout", "00:00:01", "--Firestore:ReadTimeout", "00:00:01", "--Firestore:ConnectTimeout", "00:00:01"];

    [Fact]
    public async Task twelve_deliveries_at_once_over_two_proxies_are_one_message()
    {
        var customer = await Customer.MeetAsync(proxy);
        var other = await proxy.StartAnotherAsync();
        var body = customer.Body([customer.Text("wamid.once", "once")]);

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => customer.DeliverAsync(body, i % 2 == 0 ? proxy.Client : other)));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Single(await customer.MessagesAsync());
        Assert.Equal(1, (await customer.ThreadAsync())!.Fields.Integer("unreadCount"));
    }

    [Fact]
    public async Task a_repeat_changes_nothing()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.again", "again"));
        var (thread, marker) = ((await customer.ThreadAsync())!.UpdateTime, (await customer.MarkerAsync("wamid.again"))!.UpdateTime);

        await customer.WriteAsync(customer.Text("wamid.again", "again"), customer.Text("wamid.again", "again"));

        Assert.Equal((thread, marker), ((await customer.ThreadAsync())!.UpdateTime, (await customer.MarkerAsync("wamid.again"))!.UpdateTime));
        Assert.Single(await customer.MessagesAsync());
    }

    [Fact]
    public async Task an_id_that_was_stored_in_one_thread_is_seen_in_every_other()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.moved", "once"));
        var moved = customer.Text("wamid.moved", "once");
        moved["from"] = "40799000009";

        await customer.WriteAsync(moved);

        Assert.Empty(await customer.MessagesAsync($"{customer.AccountId}__40799000009@s.whatsapp.net"));
        Assert.Single(await customer.MessagesAsync());
    }

    [Fact]
    public async Task a_marker_lives_a_day_longer_than_meta_delivers()
    {
        var customer = await Customer.MeetAsync(proxy);

        await customer.WriteAsync(customer.Text("wamid.marker", "x"));

        var marker = (await customer.MarkerAsync("wamid.marker"))!;
        Assert.InRange(marker.Fields.Timestamp("expiresAt")!.Value - marker.Fields.Timestamp("processedAt")!.Value, TimeSpan.FromDays(7.9), TimeSpan.FromDays(8.1));
    }

    [Fact]
    public async Task a_failed_commit_leaves_no_marker_and_the_repeat_stores_what_is_missing()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.1", "one"));
        var impatient = await proxy.StartAnotherAsync(_impatient);
        var body = customer.Body([customer.Text("wamid.1", "one"), customer.Text("wamid.2", "two"), customer.Text("wamid.3", "three")]);
        await using (await proxy.WithFaultsAsync(new { failures = new[] { new { operation = "commit", status = "UNAVAILABLE", times = 10_000 } } }))
        {
            (await customer.DeliverAsync(body, impatient)).AssertRefused(500, "internal_error");
        }

        Assert.Null(await customer.MarkerAsync("wamid.2"));
        Assert.Single(await customer.MessagesAsync());

        Assert.Equal(200, (await customer.DeliverAsync(body, impatient)).Status);
        Assert.Equal(["wamid.1", "wamid.2", "wamid.3"], (await customer.MessagesAsync()).Select(message => message.Id).Order());
        Assert.Equal(3, (await customer.ThreadAsync())!.Fields.Integer("unreadCount"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_lost_reply_is_one_message(bool beforeApply)
    {
        var customer = await Customer.MeetAsync(proxy);
        await using var faults = await proxy.WithFaultsAsync(new { lostReplies = new[] { new { operation = "commit", contains = customer.ThreadId, beforeApply } } });

        await customer.WriteAsync(customer.Text("wamid.lost", "lost?"));

        Assert.Single(await customer.MessagesAsync());
        Assert.Equal(1, (await customer.ThreadAsync())!.Fields.Integer("unreadCount"));
    }

    [Fact]
    public async Task a_marker_without_its_message_does_not_lose_the_message()
    {
        var customer = await Customer.MeetAsync(proxy);
        await proxy.SetAsync(FirestorePaths.InboundMarker(customer.AccountId, "wamid.half"), new DocumentFields
        {
            ["accountId"] = customer.AccountId,
            ["providerMessageId"] = "wamid.half",
            ["expiresAt"] = DateTimeOffset.UnixEpoch,
        });
        var body = customer.Body([customer.Text("wamid.half", "half")]);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => customer.DeliverAsync(body)));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Single(await customer.MessagesAsync());
        Assert.Equal(1, (await customer.ThreadAsync())!.Fields.Integer("unreadCount"));
    }

    [Fact]
    public async Task a_marker_past_its_expiry_still_means_seen()
    {
        var customer = await Customer.MeetAsync(proxy);
        await proxy.SetAsync(FirestorePaths.InboundMarker(customer.AccountId, "wamid.old"), new DocumentFields { ["expiresAt"] = DateTimeOffset.UnixEpoch });
        await proxy.SetAsync(FirestorePaths.ThreadMessage(customer.ThreadId, "wamid.old"), new DocumentFields { ["body"] = "of the old system" });

        await customer.WriteAsync(customer.Text("wamid.old", "once more"));

        Assert.Equal("of the old system", Assert.Single(await customer.MessagesAsync()).Fields.Text("body"));
        Assert.Null(await customer.ThreadAsync());
    }

    [Fact]
    public async Task messages_of_one_thread_share_commits_and_keep_their_order()
    {
        var customer = await Customer.MeetAsync(proxy);

        await customer.WriteAsync([.. Enumerable.Range(0, 120).Select(i => customer.Text($"wamid.{i:d3}", $"number {i}"))]);

        var messages = (await customer.MessagesAsync()).OrderBy(message => message.Id, StringComparer.Ordinal).ToList();
        Assert.Equal(120, messages.Count);
        Assert.Equal(messages.Select(message => message.CreateTime).Order(), messages.Select(message => message.CreateTime));
        Assert.True(messages.Select(message => message.CreateTime).Distinct().Count() <= 4, "120 messages of one thread took more than four commits");
        Assert.Equal("number 119", (await customer.ThreadAsync())!.Fields.Text("lastMessageText"));
    }

    [Fact]
    public async Task redis_remembers_after_the_commit_and_saves_the_next_one()
    {
        var redis = new RedisServer();
        await redis.InitializeAsync();
        try
        {
            var connected = await proxy.StartAnotherAsync("--ConnectionStrings:redis", redis.ConnectionString, "--Inbound:RecallTimeout", "00:00:30");
            var customer = await Customer.MeetAsync(proxy);
            var body = customer.Body([customer.Text("wamid.r", "x")]);
            Assert.Equal(200, (await customer.DeliverAsync(body, connected)).Status);

            // No commit and no read of a thread would get through: only memory can answer.
            await using (await proxy.WithFaultsAsync(new { failures = new[] { "commit", "batchGet" }.Select(operation => new { operation, status = "UNAVAILABLE", times = 10_000 }) }))
            {
                Assert.Equal(200, (await customer.DeliverAsync(body, connected)).Status);
            }

            await redis.FlushAsync();
            Assert.Equal(200, (await customer.DeliverAsync(body, connected)).Status);
            Assert.Single(await customer.MessagesAsync());
        }
        finally
        {
            await redis.StopAsync();
        }
    }

    [Fact]
    public async Task what_firestore_refuses_for_good_is_set_aside_and_its_neighbours_are_stored()
    {
        var customer = await Customer.MeetAsync(proxy);
        var odd = customer.Text("wamid.odd", "odd");
        await using var faults = await proxy.WithFaultsAsync(new { failures = new[] { new { operation = "commit", status = "INVALID_ARGUMENT", times = 2, contains = "messages/wamid.odd" } } });

        await customer.WriteAsync(customer.Text("wamid.a", "a"), odd, customer.Text("wamid.b", "b"));

        Assert.Equal(["wamid.a", "wamid.b"], (await customer.MessagesAsync()).Select(message => message.Id).Order());
        var aside = (await customer.SetAsideAsync(odd.ToJsonString()))!.Fields;
        Assert.Equal(("refused", customer.AccountId, odd.ToJsonString()), (aside.Text("reason"), aside.Text("accountId"), aside.Text("raw")));
        Assert.Null(await customer.MarkerAsync("wamid.odd"));
    }

    [Theory]
    [InlineData("""{"timestamp":"1","type":"text","text":{"body":"nobody"}}""", "bad_address")]
    [InlineData("""{"from":"[object Object]","type":"text","text":{"body":"nobody"}}""", "bad_address")]
    [InlineData("""{"from":"4070","type":"text","text":{"body":"nobody"}}""", "bad_address")]
    [InlineData("""{"id":"a\u0000b","type":"text","text":{"body":"nul"}}""", "unlawful_id")]
    [InlineData("""{"type":"reaction","reaction":{"message_id":"..","emoji":"x"}}""", "unlawful_id")]
    [InlineData("""{"id":7,"type":"text"}""", "unreadable")]
    [InlineData("""{"type":"text","text":{"body":"\ud800"}}""", "unreadable")]
    public async Task what_can_never_be_a_message_is_set_aside_raw(string content, string reason)
    {
        var customer = await Customer.MeetAsync(proxy);
        var raw = content.StartsWith("{\"timestamp", StringComparison.Ordinal)
            ? content.Replace("{\"timestamp", $"{{\"id\":\"{ProxyUnderTest.Next("wamid")}\",\"timestamp", StringComparison.Ordinal)
            : content[..^1] + (content.Contains("\"id\"", StringComparison.Ordinal) ? "" : $",\"id\":\"{ProxyUnderTest.Next("wamid")}\"")
                + (content.Contains("\"from\"", StringComparison.Ordinal) ? "" : $",\"from\":\"{customer.Phone}\"") + "}";
        var body = customer.Body().Replace("\"messages\":[]", $"\"messages\":[{raw}]", StringComparison.Ordinal);

        Assert.Equal(200, (await customer.DeliverAsync(body)).Status);

        var aside = (await customer.SetAsideAsync(raw))!.Fields;
        Assert.Equal((reason, raw), (aside.Text("reason"), aside.Text("raw")));
        Assert.Empty(await customer.MessagesAsync());
    }

    [Fact]
    public async Task a_message_larger_than_a_document_is_set_aside_cut()
    {
        var customer = await Customer.MeetAsync(proxy);
        var large = customer.Text("wamid.large", new string('x', 1_500_000));

        await customer.WriteAsync(large, customer.Text("wamid.small", "small"));

        Assert.Equal("wamid.small", Assert.Single(await customer.MessagesAsync()).Id);
        var aside = (await customer.SetAsideAsync(large.ToJsonString()))!.Fields;
        Assert.Equal(("too_large", true, 64 * 1024), (aside.Text("reason"), aside.Boolean("truncated"), aside.Text("raw")!.Length));
    }

    [Theory]
    [InlineData("""{"field":"account_update","value":{"event":"VERIFIED_ACCOUNT","x":"N"}}""", "other_field", "account_update")]
    [InlineData("""{"field":"messages","value":{"errors":[{"code":130429,"title":"N"}]}}""", "account_error", "130429")]
    [InlineData("""{"field":"messages","value":{"statuses":[{"id":"wamid.N","status":"warning"}]}}""", "unknown_status", "warning")]
    [InlineData("""{"field":"messages","value":{"message_echoes":[{"id":"N"}]}}""", "unknown_field", "message_echoes")]
    [InlineData("""{"field":"messages","value":{"messages":{"id":"N"}}}""", "unknown_field", "messages")]
    public async Task what_we_do_not_know_is_kept_raw(string change, string reason, string detail)
    {
        var customer = await Customer.MeetAsync(proxy);
        var own = change.Replace("N\"", ProxyUnderTest.Next("n") + "\"", StringComparison.Ordinal);
        var raw = reason switch
        {
            "account_error" => own[(own.IndexOf('[') + 1)..own.IndexOf(']')],
            "unknown_field" => own[own.LastIndexOf("{\"messag", StringComparison.Ordinal)..^1],
            "unknown_status" => own[(own.IndexOf('[') + 1)..own.IndexOf(']')],
            _ => own,
        };

        Assert.Equal(200, (await customer.DeliverAsync($$"""{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{{own}}]}]}""")).Status);

        var aside = (await customer.SetAsideAsync(raw))!.Fields;
        Assert.Equal((reason, detail, raw), (aside.Text("reason"), aside.Text("detail"), aside.Text("raw")));
    }

    [Fact]
    public async Task a_body_that_is_no_json_is_set_aside_too()
    {
        var customer = await Customer.MeetAsync(proxy);
        var text = ProxyUnderTest.Next("not json ");

        Assert.Equal(200, (await Customer.DeliverAsync(proxy.Client, Encoding.UTF8.GetBytes(text))).Status);

        Assert.Equal("unreadable", (await customer.SetAsideAsync(text))!.Fields.Text("reason"));
    }

    [Fact]
    public async Task a_message_that_cannot_even_be_set_aside_during_an_outage_comes_again()
    {
        var customer = await Customer.MeetAsync(proxy);
        var impatient = await proxy.StartAnotherAsync(_impatient);
        await using var faults = await proxy.WithFaultsAsync(new { failures = new[] { new { operation = "*", status = "UNAVAILABLE", times = 10_000 } } });

        (await customer.DeliverAsync("no json at all", impatient)).AssertRefused(500, "internal_error");
    }
}
