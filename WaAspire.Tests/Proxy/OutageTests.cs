using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Proxy;

[Collection(ProxyCollection.Name)]
public sealed class OutageTests(ProxyUnderTest proxy)
{
    [Fact]
    public async Task a_lost_reply_of_an_applied_commit_is_one_message_and_no_duplicate()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await using var faults = await proxy.WithFaultsAsync(new { lostReplies = new[] { new { operation = "commit", contains = conversation.ThreadId } } });

        var requestId = (await conversation.SendAsync()).AssertAccepted();

        Assert.Equal(requestId, Assert.Single(await conversation.MessagesAsync()).Id);
    }

    [Fact]
    public async Task a_commit_that_was_lost_on_its_way_there_is_made_again()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await using var faults = await proxy.WithFaultsAsync(
            new { lostReplies = new[] { new { operation = "commit", contains = conversation.ThreadId, beforeApply = true } } });

        (await conversation.SendAsync()).AssertAccepted();

        Assert.Single(await conversation.MessagesAsync());
    }

    [Fact]
    public async Task a_commit_that_lands_late_is_one_message_and_no_duplicate()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await using var faults = await proxy.WithFaultsAsync(
            new { lostReplies = new[] { new { operation = "commit", contains = conversation.ThreadId, appliesAfter = 50 } } });

        (await conversation.SendAsync()).AssertAccepted();

        Assert.Single(await conversation.MessagesAsync());
    }

    [Theory]
    [InlineData("ABORTED", 3)]
    [InlineData("UNAVAILABLE", 2)]
    [InlineData("RESOURCE_EXHAUSTED", 2)]
    public async Task trouble_that_passes_is_not_the_clients(string status, int times)
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await using var faults = await proxy.WithFaultsAsync(new { failures = new[] { new { operation = "commit", status, times, contains = conversation.ThreadId } } });

        (await conversation.SendAsync()).AssertAccepted();

        Assert.Single(await conversation.MessagesAsync());
    }

    [Theory]
    [InlineData("commit")]
    [InlineData("batchGet")]
    public async Task a_store_that_does_not_answer_is_told_with_a_time_to_wait(string operation)
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var impatient = await proxy.StartAnotherAsync(
            "--Firestore:CommitTimeout", "00:00:01", "--Firestore:ReadTimeout", "00:00:01", "--Firestore:ConnectTimeout", "00:00:01", "--Send:DecideWithin", "00:00:01");
        await using (await proxy.WithFaultsAsync(new { failures = new[] { new { operation, status = "UNAVAILABLE", times = 10_000 } } }))
        {
            var answer = await conversation.SendAsync(body => body["clientMessageId"] = "patience", client: impatient);

            answer.AssertRefused(503, "service_unavailable");
            Assert.True(answer.Body.GetProperty("retryAfterSeconds").GetInt32() > 0);
            Assert.Equal(answer.Headers["Retry-After"], answer.Body.GetProperty("retryAfterSeconds").ToString());
        }

        (await conversation.SendAsync(body => body["clientMessageId"] = "patience", client: impatient)).AssertAccepted();
    }

    [Fact]
    public async Task a_bug_is_told_without_details()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await using var faults = await proxy.WithFaultsAsync(
            new { failures = new[] { new { operation = "commit", status = "INVALID_ARGUMENT", times = 1, contains = conversation.ThreadId } } });

        var answer = await conversation.SendAsync();

        answer.AssertRefused(500, "internal_error");
        Assert.DoesNotContain("ARGUMENT", answer.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(["success", "error", "message"], answer.Body.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public async Task an_accepted_message_rings_its_lane()
    {
        await using var redis = new RunningRedis();
        await redis.Server.InitializeAsync();
        var conversation = await Conversation.OpenAsync(proxy);
        var connected = await proxy.StartAnotherAsync("--ConnectionStrings:redis", redis.Server.ConnectionString);

        (await conversation.SendAsync(client: connected)).AssertAccepted();

        using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Server.ConnectionString);
        using var lanes = new RedisLanes(connection, Microsoft.Extensions.Options.Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromMinutes(1) }), TimeProvider.System);
        var held = await Eventually.GetAsync(async () => (await lanes.AcquireAsync(1, _ => true)).SingleOrDefault(), "the lane is due");
        Assert.Equal(new Lane(conversation.AccountId, conversation.ThreadId), held.Lane);
    }

    [Fact]
    public async Task under_load_messages_share_their_calls()
    {
        var conversations = new List<Conversation>();
        for (var i = 0; i < 40; i++)
            conversations.Add(await Conversation.OpenAsync(proxy));
        await Task.WhenAll(conversations.Select(conversation => conversation.SendAsync()));
        var cost = proxy.Services.GetRequiredService<FirestoreCost>();
        var (rpcs, writes, reads) = (cost.Total("rpc"), cost.Total("write"), cost.Total("read"));

        var answers = await Task.WhenAll(conversations.Select(conversation => conversation.SendAsync()));

        Assert.All(answers, answer => answer.AssertAccepted());
        Assert.Equal(40 * 3, cost.Total("write") - writes);
        Assert.Equal(40, cost.Total("read") - reads);
        Assert.True(cost.Total("rpc") - rpcs < 40, $"{cost.Total("rpc") - rpcs} calls for 40 messages");
    }

    private sealed class RunningRedis : IAsyncDisposable
    {
        public RedisServer Server { get; } = new();

        public async ValueTask DisposeAsync() => await Server.StopAsync();
    }
}
