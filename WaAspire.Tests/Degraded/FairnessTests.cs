using System.Globalization;
using Aspire.Hosting.Testing;
using StackExchange.Redis;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;

namespace WaAspire.Tests.Degraded;

/// <summary>One account has a mountain of messages; another one writes its first. In full: 100,000 messages.</summary>
public sealed class FairnessTests(RunningSystem system) : IClassFixture<RunningSystem>
{
    private const int Threads = 1000;
    private const int CallThreads = 20;
    private const int CallsPerMessage = 20;

    /// <summary>Polls, renewals and sweeps of the fleet, with nothing to send.</summary>
    private const int CallsPerSecond = 60;
    private static readonly int _backlog = Durations.IsFull ? 100_000 : 5000;

    [Fact]
    public async Task the_first_message_of_another_account_is_claimed_before_50_more_of_the_one_with_the_backlog()
    {
        var large = await Company.OpenAsync(system, status: "needs_qr");
        await QueueAsync(large);
        var small = await Company.OpenAsync(system);
        await small.OpenThreadsAsync(1);
        await small.StateAsync(await small.SendAsync(1, "the workers know this account"), OutboxStatus.Sent);
        await large.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(large.AccountId), Precondition.Present, new DocumentFields { ["status"] = "connected", ["throughputPerSecond"] = 20L }));
        await Eventually.IsTrueAsync(async () => (await large.AcceptedAsync()).Count > 50, "the backlog is moving");

        var first = await small.StateAsync(await small.SendAsync(1, "hello"), OutboxStatus.Sent);

        var claimed = (await small.StoredAsync(first.Path)).Fields.Timestamp(OutboxFields.ClaimedAt);
        var backlog = await large.AllStoredAsync();
        Assert.Contains(backlog, message => message.Fields.Text(OutboxFields.Status) == OutboxStatusNames.Queued);
        Assert.InRange(backlog.Count(message => message.Fields.Timestamp(OutboxFields.ClaimedAt) is { } at && at > first.CreateTime && at < claimed), 0, 49);
    }

    [Fact]
    public async Task a_backlog_that_waits_for_its_pace_costs_redis_a_few_calls_for_each_message_that_goes_out()
    {
        // What keeps others waiting is work for nothing: lanes that are taken only to be turned away, and looks that find nothing.
        var large = await Company.OpenAsync(system);
        await large.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(large.AccountId), Precondition.Present, new DocumentFields { ["throughputPerSecond"] = 20L }));
        await QueueAsync(large, CallThreads, CallThreads * 20);
        await Eventually.IsTrueAsync(async () => (await large.AcceptedAsync()).Count > 50, "the backlog is moving");
        using var redis = await ConnectionMultiplexer.ConnectAsync((await system.App.GetConnectionStringAsync("redis"))!);

        var (started, calls, sent) = (TimeProvider.System.GetTimestamp(), await CallsAsync(redis), await SentAsync());
        await Eventually.IsTrueAsync(async () => await SentAsync() >= sent + 100, "the backlog goes on");

        var (seconds, more) = (TimeProvider.System.GetElapsedTime(started).TotalSeconds, await SentAsync() - sent);
        Assert.InRange(await CallsAsync(redis) - calls, more, (CallsPerMessage * more) + (CallsPerSecond * seconds));
    }

    /// <summary>Of all accounts: the other test's backlog goes on too.</summary>
    private async Task<int> SentAsync() => (await system.WhatsApp.GetStringAsync("/simulator/accepted")).Count(letter => letter == '\n');

    private static async Task<long> CallsAsync(ConnectionMultiplexer redis) =>
        ((string)(await redis.GetDatabase().ExecuteAsync("INFO", "commandstats"))!).Split('\n')
            .Where(line => line.StartsWith("cmdstat_eval", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split(',')[0].Split('=')[1], CultureInfo.InvariantCulture));

    private static async Task QueueAsync(Company company, int threads = Threads, int? messages = null)
    {
        await company.OpenThreadsAsync(threads);
        for (var i = 0; i < (messages ?? _backlog); i += 100)
        {
            await company.CommitAsync([.. Enumerable.Range(i, 100).SelectMany(number =>
                OutboxWorld.QueuedWrites($"{company.AccountId}-{number:d6}", company.ThreadId(1 + (number % threads)), company.AccountId))]);
        }
    }
}
