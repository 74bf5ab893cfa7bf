using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Inbound;

[Collection(ProxyCollection.Name)]
public sealed class StatusTests(ProxyUnderTest proxy)
{
    private const int Seed = 20260131;
    private const int Permutations = 60;
    private static readonly string[] _words = [StatusRank.Sent, StatusRank.Delivered, StatusRank.Read, StatusRank.Played, StatusRank.Failed];

    [Fact]
    public async Task the_furthest_status_counts_whatever_the_order_and_the_repetition()
    {
        var customer = await Customer.MeetAsync(proxy);
        var random = new Random(Seed);
        var other = await proxy.StartAnotherAsync();
        var expected = new Dictionary<string, string>();
        var deliveries = new List<Func<Task>>();
        for (var i = 0; i < Permutations; i++)
        {
            // Half of them carry our id. The others are found by Meta's, which is stored with them.
            var isKnown = i % 2 == 0;
            var (requestId, wamid) = ($"permutation-{customer.AccountId}-{i}", $"wamid.permutation.{customer.AccountId}.{i}");
            await SentMessage.StoreAsync(proxy, customer, requestId, isKnown ? wamid : null, isKnown ? "sent" : "uncertain");
            var told = Enumerable.Range(0, 1 + random.Next(7)).Select(_ => _words[random.Next(_words.Length)]).ToArray();
            expected[requestId] = told.MaxBy(StatusRank.Of)!;
            deliveries.AddRange(told.Select((word, number) => (Func<Task>)(() => customer.DeliverAsync(
                customer.Body(statuses: [Customer.Status(wamid, word, isKnown ? null : $"{requestId}:1")]), number % 2 == 0 ? proxy.Client : other))));
        }

        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(deliveries));
        await Parallel.ForEachAsync(deliveries, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (deliver, _) => await deliver());

        foreach (var (requestId, word) in expected)
        {
            var outbox = (await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields;
            var shown = (await proxy.FindAsync(FirestorePaths.ThreadMessage(customer.ThreadId, requestId)))!.Fields;
            Assert.Equal(("sent", word == StatusRank.Played ? StatusRank.Read : word), (outbox.Text("status"), shown.Text("status")));
            // The outbox keeps the first receipt only, but whether it failed it says like the thread: that is what a replay asks.
            Assert.Equal((word == StatusRank.Failed, word == StatusRank.Sent), (outbox.Text("deliveryStatus") == StatusRank.Failed, outbox.Text("deliveryStatus") == StatusRank.Sent));
        }

        Assert.Equal(Permutations, (await customer.MessagesAsync()).Count);
    }

    [Fact]
    public async Task a_status_is_found_by_the_provider_id_where_our_id_is_nobodys()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "by-provider-id", "wamid.by-provider-id");

        await customer.TellAsync(Customer.Status("wamid.by-provider-id", "delivered", "of another system: 7"));

        Assert.Equal("delivered", (await ShownAsync(customer, "by-provider-id")).Text("status"));
    }

    [Fact]
    public async Task a_status_of_nobody_makes_no_document()
    {
        var customer = await Customer.MeetAsync(proxy);

        await customer.TellAsync(Customer.Status("wamid.nobodys", "read"), Customer.Status("wamid.nobodys", "read", "no-such-request:1"));

        Assert.Null(await proxy.FindAsync(FirestorePaths.OutboxMessage("no-such-request")));
        Assert.Empty(await customer.MessagesAsync());
    }

    [Fact]
    public async Task a_failure_after_sent_is_shown_with_code_and_title()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "failed-late", "wamid.failed-late");

        await customer.TellAsync(Customer.Status("wamid.failed-late", "failed", "failed-late:1", """{"errors":[{"code":131026,"title":"Message undeliverable"}]}"""));

        var outbox = (await proxy.FindAsync(FirestorePaths.OutboxMessage("failed-late")))!.Fields;
        Assert.Equal(("sent", "failed", "131026", "Message undeliverable"), (outbox.Text("status"), outbox.Text("deliveryStatus"), outbox.Map("failure")!.Text("code"), outbox.Map("failure")!.Text("title")));
        var shown = await ShownAsync(customer, "failed-late");
        Assert.Equal(("failed", "Message undeliverable", "131026"), (shown.Text("status"), shown.Text("lastError"), shown.Map("failure")!.Text("code")));
    }

    [Fact]
    public async Task what_arrives_after_its_failure_was_told_has_not_failed()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "arrived-late", "wamid.arrived-late");
        await customer.TellAsync(Customer.Status("wamid.arrived-late", "failed", "arrived-late:1", """{"errors":[{"code":131026,"title":"Message undeliverable"}]}"""));

        await customer.TellAsync(Customer.Status("wamid.arrived-late", "delivered", "arrived-late:1"));

        var (outbox, shown) = ((await proxy.FindAsync(FirestorePaths.OutboxMessage("arrived-late")))!.Fields, await ShownAsync(customer, "arrived-late"));
        Assert.Equal(("delivered", null, "delivered"), (outbox.Text("deliveryStatus"), outbox.Map("failure"), shown.Text("status")));
        Assert.Equal((null, null), (shown.Text("lastError"), shown.Map("failure")));
        Assert.NotNull(outbox.Timestamp("deliveredAt"));
    }

    [Theory]
    [InlineData("failed", "failed", "failed", "failed", "Message undeliverable")]
    [InlineData("failed", "failed", "sent", "sent", null)]
    [InlineData("uncertain", "queued", "failed", "failed", "Message undeliverable")]
    [InlineData("uncertain", "read", "sent", "read", null)]
    public async Task proof_shows_what_it_says_instead_of_what_we_believed(string state, string shownBefore, string told, string shownAfter, string? error)
    {
        var customer = await Customer.MeetAsync(proxy);
        var id = ProxyUnderTest.Next("proved");
        await SentMessage.StoreAsync(proxy, customer, id, null, state);
        await proxy.SetAsync(FirestorePaths.ThreadMessage(customer.ThreadId, id), new DocumentFields { ["status"] = shownBefore, ["lastError"] = "as we believed", ["tsClient"] = Customer.At });

        await customer.TellAsync(Customer.Status($"wamid.{id}", told, $"{id}:1", """{"errors":[{"code":131026,"title":"Message undeliverable"}]}"""));

        var (outbox, shown) = ((await proxy.FindAsync(FirestorePaths.OutboxMessage(id)))!.Fields, await ShownAsync(customer, id));
        Assert.Equal(("sent", $"wamid.{id}", told), (outbox.Text("status"), outbox.Text("providerMessageId"), outbox.Text("deliveryStatus")));
        Assert.Equal((shownAfter, error), (shown.Text("status"), shown.Text("lastError")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_second_provider_id_raises_the_alarm_once_even_if_the_reply_of_its_commit_is_lost(bool isLost)
    {
        var customer = await Customer.MeetAsync(proxy);
        var id = ProxyUnderTest.Next("twice");
        await SentMessage.StoreAsync(proxy, customer, id, $"wamid.{id}.1", claimSeq: 2);
        var alarms = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, mine) =>
        {
            // Other tests count too, each in a factory of its own.
            if (instrument.Name == "waaspire.outbox.duplicates" && instrument.Meter.Scope == proxy.Services.GetRequiredService<IMeterFactory>())
            {
                mine.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref alarms, value));
        listener.Start();
        await using var faults = await proxy.WithFaultsAsync(new
        {
            lostReplies = isLost ? new[] { new { operation = "commit", contains = $"outbox/{id}", beforeApply = false } } : [],
        });

        await customer.TellAsync(Customer.Status($"wamid.{id}.2", "sent", $"{id}:1"));
        await customer.TellAsync(Customer.Status($"wamid.{id}.2", "sent", $"{id}:1"));

        var outbox = (await proxy.FindAsync(FirestorePaths.OutboxMessage(id)))!.Fields;
        Assert.Equal(($"wamid.{id}.1", $"wamid.{id}.2"), (outbox.Text("providerMessageId"), Assert.Single(outbox.Array("secondProviderMessageIds")).AsString));
        Assert.Equal(1, Interlocked.Read(ref alarms));
    }

    [Fact]
    public async Task a_status_that_says_nothing_new_costs_one_read()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "cheap", "wamid.cheap");
        await customer.TellAsync(Customer.Status("wamid.cheap", "delivered", "cheap:1"));
        var cost = proxy.Services.GetRequiredService<FirestoreCost>();
        var before = cost.Snapshot()[("read", "status")];

        foreach (var word in new[] { "sent", "delivered" })
        {
            await customer.TellAsync(Customer.Status("wamid.cheap", word, "cheap:1"));
        }

        Assert.Equal(2, cost.Snapshot()[("read", "status")] - before);
    }

    [Fact]
    public async Task a_failure_of_an_older_attempt_is_remembered_once_and_changes_nothing()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "older", "wamid.newer", claimSeq: 2);
        var failed = Customer.Status("wamid.older", "failed", "older:1", """{"errors":[{"code":131026,"title":"Message undeliverable"}]}""");

        await customer.TellAsync(failed);
        await customer.TellAsync(failed);

        var outbox = (await proxy.FindAsync(FirestorePaths.OutboxMessage("older")))!.Fields;
        Assert.Equal(("sent", "sent", "wamid.newer"), (outbox.Text("status"), outbox.Text("deliveryStatus"), outbox.Text("providerMessageId")));
        var remembered = Assert.Single(outbox.Array("attemptHistory")).AsMap!;
        Assert.Equal((1, "131026", "Message undeliverable"), (remembered.Integer("claimSeq"), remembered.Text("code"), remembered.Text("title")));
        Assert.Equal("sent", (await ShownAsync(customer, "older")).Text("status"));
    }

    [Fact]
    public async Task a_failure_of_an_older_attempt_leaves_the_fence_of_a_holder_alone_and_is_kept_aside()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "held", null, "processing", claimSeq: 2);
        var fence = (await proxy.FindAsync(FirestorePaths.OutboxMessage("held")))!.UpdateTime;
        var failed = Customer.Status("wamid.held", "failed", "held:1");

        await customer.TellAsync(failed);

        Assert.Equal(fence, (await proxy.FindAsync(FirestorePaths.OutboxMessage("held")))!.UpdateTime);
        Assert.Equal("older_attempt", (await customer.SetAsideAsync(failed.ToJsonString()))!.Fields.Text("reason"));
    }

    [Fact]
    public async Task receipts_of_a_group_are_kept_for_each_participant()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "to-all", "wamid.to-all");

        await customer.TellAsync(
            Group("read", "40700000001"), Group("delivered", "40700000002"), Group("delivered", "40700000001"));

        var shown = await ShownAsync(customer, "to-all");
        Assert.Equal("read", shown.Text("status"));
        var receipts = shown.Map("receipts")!;
        Assert.Equal(("read", "delivered"), (receipts.Map("40700000001@s.whatsapp.net")!.Text("status"), receipts.Map("40700000002@s.whatsapp.net")!.Text("status")));

        static JsonObject Group(string word, string participant) =>
            Customer.Status("wamid.to-all", word, "to-all:1", $$"""{"recipient_type":"group","recipient_participant_id":"{{participant}}"}""");
    }

    [Fact]
    public async Task a_whole_group_that_reads_at_once_is_answered_at_once()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "read-by-all", "wamid.read-by-all");
        var bodies = Enumerable.Range(0, 24).Select(person => customer.Body(statuses:
            [Customer.Status("wamid.read-by-all", "read", "read-by-all:1", $$"""{"recipient_type":"group","recipient_participant_id":"407000001{{person:d2}}"}""")]));

        // No commit returns before all have read: whoever decides on what was read then is refused by all but the first.
        await using var faults = await proxy.WithFaultsAsync(new { latency = 20 });
        var answers = await Task.WhenAll(bodies.Select(body => customer.DeliverAsync(body)));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(24, (await ShownAsync(customer, "read-by-all")).Map("receipts")!.Count);
    }

    [Fact]
    public async Task prices_and_the_conversation_are_kept()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "priced", "wamid.priced");

        await customer.TellAsync(Customer.Status("wamid.priced", "sent", "priced:1", """{"conversation":{"id":"c1","expiration_timestamp":"1767225600","origin":{"type":"service"}}}"""));
        await customer.TellAsync(Customer.Status("wamid.priced", "delivered", "priced:1", """{"pricing":{"billable":true,"pricing_model":"PMP","type":"regular","category":"utility"}}"""));

        var shown = await ShownAsync(customer, "priced");
        Assert.Equal(("c1", true, "utility"), (shown.Map("conversation")!.Text("id"), shown.Map("pricing")!.Boolean("billable"), shown.Map("pricing")!.Text("category")));
    }

    [Fact]
    public async Task a_status_that_firestore_refuses_for_good_is_set_aside()
    {
        var customer = await Customer.MeetAsync(proxy);
        await SentMessage.StoreAsync(proxy, customer, "refused-status", "wamid.refused-status");
        var status = Customer.Status("wamid.refused-status", "delivered", "refused-status:1");
        await using var faults = await proxy.WithFaultsAsync(new { failures = new[] { new { operation = "commit", status = "INVALID_ARGUMENT", times = 2, contains = "outbox/refused-status" } } });

        await customer.TellAsync(status);

        Assert.Equal("refused", (await customer.SetAsideAsync(status.ToJsonString()))!.Fields.Text("reason"));
    }

    private async Task<DocumentFields> ShownAsync(Customer customer, string requestId) =>
        (await proxy.FindAsync(FirestorePaths.ThreadMessage(customer.ThreadId, requestId)))!.Fields;
}
