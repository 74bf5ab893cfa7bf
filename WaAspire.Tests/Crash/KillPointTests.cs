using System.Collections.Concurrent;
using System.Diagnostics;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Crash;

/// <summary>
/// A real worker process is killed at each await between claim and record, in turn, when the awaited call has just begun
/// and when it has just ended. A second process takes over. What WhatsApp saw and what the outbox says must be lawful.
/// </summary>
public sealed class KillPointTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private const int AtOnce = 5;
    private static readonly TimeSpan _untilDeath = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _lastWords = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _untilSettled = TimeSpan.FromSeconds(60);

    [Fact]
    public void no_await_of_the_send_path_is_without_a_kill_point()
    {
        Assert.Empty(KillPointList.Forgotten());
        Assert.True(KillPointList.All().Count >= 40);
    }

    [Fact]
    public async Task a_worker_killed_at_any_await_leaves_nothing_twice_nothing_overtaken_and_nothing_lost()
    {
        var results = new ConcurrentDictionary<string, string>();
        var databases = new ConcurrentBag<int>(Enumerable.Range(0, AtOnce));
        await Parallel.ForEachAsync(KillPointList.All(), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (point, _) =>
        {
            Assert.True(databases.TryTake(out var database));
            try
            {
                results[point] = await KillAtAsync(point, database);
            }
            finally
            {
                databases.Add(database);
            }
        });

        var table = results.OrderBy(result => result.Key, StringComparer.Ordinal).Select(result => $"{result.Key,-36} {result.Value}");
        await File.WriteAllLinesAsync(Path.Combine(Artifacts.Folder, "kill-points.txt"), table);
        Assert.DoesNotContain(results, result => !result.Value.StartsWith("lawful", StringComparison.Ordinal));
    }

    /// <summary>Where one kind of run does not come by, the other does.</summary>
    private async Task<string> KillAtAsync(string point, int database) =>
        await KillAtAsync(point, database, laneRescues: false)
        ?? await KillAtAsync(point, database, laneRescues: true)
        ?? "never reached: no run of this test comes by here";

    private async Task<string?> KillAtAsync(string point, int database, bool laneRescues)
    {
        await redis.FlushAsync(database);
        await using var world = new KilledWorker($"{redis.ConnectionString},defaultDatabase={database}", laneRescues);
        await world.StartAsync();
        await world.MakeRoughAsync();
        await world.SignalAsync();
        var victim = world.StartWorker(point);
        if (!await DiesAsync(world, victim))
        {
            return null;
        }

        await world.MakeWellAsync();
        var left = (await world.OutboxAsync()).Select(message => message.Status).ToList();
        world.StartWorker(killAt: null);
        await world.SignalAsync();
        var watch = Stopwatch.StartNew();
        while ((await world.OutboxAsync()).Any(message => message.Status != OutboxStatus.Sent))
        {
            await SettleDoubtAsync(world);
            if (watch.Elapsed > _untilSettled)
            {
                return $"not settled: {string.Join(", ", (await world.OutboxAsync()).Select(message => message.Status))}";
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        var accepted = (await world.AcceptedAsync()).Select(message => message.RequestId).ToList();
        return accepted.SequenceEqual(KilledWorker.RequestIds)
            ? $"lawful: it left {string.Join(", ", left)}; WhatsApp saw each message once and in order"
            : $"UNLAWFUL: WhatsApp saw {string.Join(", ", accepted)}";
    }

    /// <summary>The orphan is in doubt before anybody can be killed behind it: an operator settles it meanwhile.</summary>
    private static async Task<bool> DiesAsync(KilledWorker world, Process victim)
    {
        // Whoever has sent everything, and lives on, has not met its end.
        var (alive, done) = (Stopwatch.StartNew(), new Stopwatch());
        while (!victim.HasExited)
        {
            if (alive.Elapsed > _untilDeath || done.Elapsed > _lastWords)
            {
                return false;
            }

            if ((await world.OutboxAsync()).All(message => message.Status == OutboxStatus.Sent))
            {
                done.Start();
            }

            await SettleDoubtAsync(world);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        return true;
    }

    private static async Task SettleDoubtAsync(KilledWorker world)
    {
        if ((await world.OutboxAsync()).FirstOrDefault(message => message.Status == OutboxStatus.Uncertain) is { } doubtful)
        {
            await world.SettleAsync(doubtful);
        }
    }
}
