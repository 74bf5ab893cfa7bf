using System.Text.Json.Nodes;
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
