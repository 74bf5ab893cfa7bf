using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Proxy;

/// <summary>Messages for later: where they stand, what is shown of them, and which times are lawful.</summary>
[Collection(ProxyCollection.Name)]
public sealed class ScheduleTests(ProxyUnderTest proxy)
{
    private static readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    [Fact]
    public async Task a_scheduled_message_takes_its_place_at_its_time_and_is_not_yet_the_threads_last_word()
    {
        var conversation = await Conversation.OpenAsync(proxy, new DocumentFields { ["lastMessageText"] = "before" });
        var (sendAt, expiresAt) = (_now.AddHours(5), _now.AddHours(6));

        var requestId = (await conversation.SendAsync(At(sendAt, expiresAt))).AssertAccepted();

        var stored = OutboxDocument.Read((await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!);
        Assert.Equal((OutboxStatus.Queued, sendAt, sendAt, sendAt, expiresAt), (stored.Status, stored.OrderAt, stored.NextAttemptAt, stored.SendAt, stored.ExpiresAt));
        var shown = Assert.Single(await conversation.MessagesAsync()).Fields;
        Assert.Equal(("queued", sendAt, sendAt), (shown.Text("status"), shown.Timestamp("sendAt"), shown.Timestamp("tsClient")));
        Assert.Equal(sendAt.ToUnixTimeMilliseconds(), shown.Integer("createdAtMs"));
        Assert.Equal("before", (await conversation.ThreadAsync()).Fields.Text("lastMessageText"));
        Assert.Equal(conversation.Uid, (await conversation.ThreadAsync()).Fields.Text("ownerUid"));
    }

    [Fact]
    public async Task a_time_that_has_passed_means_now()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        var requestId = (await conversation.SendAsync(At(_now.AddHours(-1), null))).AssertAccepted();

        var stored = OutboxDocument.Read((await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!);
        Assert.Null(stored.SendAt);
        Assert.True(stored.OrderAt > _now.AddMinutes(-1));
        Assert.NotNull((await conversation.ThreadAsync()).Fields.Text("lastMessageText"));
    }

    [Fact]
    public async Task times_that_can_never_be_lawful_are_refused_by_name_and_a_repeat_is_still_a_repeat()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        AssertNames("sendAt", await conversation.SendAsync(At(_now.AddDays(31), null)));
        AssertNames("expiresAt", await conversation.SendAsync(At(null, _now.AddMinutes(-1))));
        AssertNames("expiresAt", await conversation.SendAsync(At(_now.AddDays(2), _now.AddDays(2))));
        Assert.Empty(await conversation.MessagesAsync());

        // Accepted while it was lawful; the client repeats it when its time has run out.
        var requestId = (await conversation.SendAsync(body => body["clientMessageId"] = "same-message-id")).AssertAccepted();
        var again = await conversation.SendAsync(body =>
        {
            body["clientMessageId"] = "same-message-id";
            body["expiresAt"] = Text(_now.AddMinutes(-1));
        });
        Assert.Equal(requestId, again.AssertAccepted(duplicate: true));
    }

    [Fact]
    public async Task the_lane_of_a_scheduled_message_rings_at_its_time_and_a_sooner_message_keeps_its_own()
    {
        await using var redis = new Redis();
        await redis.Server.InitializeAsync();
        using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Server.ConnectionString);
        using var lanes = new RedisLanes(connection, Microsoft.Extensions.Options.Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromMinutes(1) }), TimeProvider.System);
        var client = await proxy.StartAnotherAsync("--ConnectionStrings:redis", redis.Server.ConnectionString);
        var (later, sooner) = (await Conversation.OpenAsync(proxy), await Conversation.OpenAsync(proxy));
        (await later.SendAsync(At(_now.AddDays(3), null), client: client)).AssertAccepted();
        (await sooner.SendAsync(At(_now.AddDays(3), null), client: client)).AssertAccepted();
        (await sooner.SendAsync(client: client)).AssertAccepted();

        var taken = await Eventually.GetAsync(
            async () => await lanes.AcquireAsync(10, account => account == sooner.AccountId) is { Count: > 0 } found ? found : null, "the sooner lane is due");
        Assert.Equal(sooner.ThreadId, Assert.Single(taken).Lane.ThreadId);
        await Eventually.IsTrueAsync(async () => await ScoreAsync(later) is not null, "the later lane is known");
        Assert.InRange((await ScoreAsync(later))!.Value, _now.AddDays(3).AddMinutes(-10).ToUnixTimeMilliseconds(), _now.AddDays(3).AddMinutes(10).ToUnixTimeMilliseconds());

        async Task<double?> ScoreAsync(Conversation conversation)
        {
            var server = connection.GetServer(connection.GetEndPoints()[0]);
            foreach (var key in server.Keys(pattern: $"*{conversation.AccountId}*"))
            {
                if (await connection.GetDatabase().KeyTypeAsync(key) == RedisType.SortedSet
                    && await connection.GetDatabase().SortedSetScoreAsync(key, conversation.ThreadId) is { } score)
                {
                    return score;
                }
            }

            return null;
        }
    }

    private static Action<Dictionary<string, object?>> At(DateTimeOffset? sendAt, DateTimeOffset? expiresAt) => body =>
    {
        body["sendAt"] = sendAt is null ? null : Text(sendAt.Value);
        body["expiresAt"] = expiresAt is null ? null : Text(expiresAt.Value);
    };

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffK", CultureInfo.InvariantCulture);

    private static void AssertNames(string field, ProxyUnderTest.Answer answer)
    {
        answer.AssertRefused(400, "invalid_request");
        Assert.StartsWith(field, answer.Message, StringComparison.Ordinal);
    }

    private sealed class Redis : IAsyncDisposable
    {
        public RedisServer Server { get; } = new();

        public async ValueTask DisposeAsync() => await Server.DisposeAsync();
    }
}
