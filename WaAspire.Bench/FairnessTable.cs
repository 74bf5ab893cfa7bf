using System.Diagnostics;
using System.Text.Json;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Bench;

/// <summary>
/// Whether one account's mountain of messages keeps another's waiting: the time from the proxy's answer until the provider
/// has the message, alone and beside the mountain, and how many of the mountain went before the other's first.
/// </summary>
internal static class FairnessTable
{
    private const string Large = "bench-large";
    private const string LargeNumber = "300000000000002";
    private const string Small = "bench-small";
    private const string SmallNumber = "300000000000003";
    private const int LargeThreads = 1000;
    private const int Messages = 100;
    private const int WarmUps = 3;

    /// <summary>So many of the large account's messages went out when its account has been found and flows.</summary>
    private const int Flowing = 500;

    /// <summary>The sweep reads what is new for as long as its cursor trails behind; after that the backlog is what it would be after an hour.</summary>
    private static readonly TimeSpan _seenBySweep = TimeSpan.FromSeconds(25);

    public static async Task MeasureAsync(BenchSystem system, int backlog)
    {
        await system.OpenAccountAsync(Small, SmallNumber, "connected", perSecond: 80);
        await system.OpenThreadsAsync(Messages, Small);
        for (var warmUp = 0; warmUp < WarmUps; warmUp++)
        {
            await LatenciesAsync(system, warmUp * Messages);
        }

        var alone = await LatenciesAsync(system, WarmUps * Messages);
        var watch = Stopwatch.StartNew();
        await QueueAsync(system, backlog);
        Console.WriteLine($"fairness: {backlog} messages over {LargeThreads} threads were queued in {watch.Elapsed.TotalSeconds:F0} s");
        await Task.Delay(_seenBySweep, TimeProvider.System);

        // Last, so that nothing goes out before all is there: workers look for an account that has work and is not known.
        await system.OpenAccountAsync(Large, LargeNumber, "connected", perSecond: 80);
        while ((await system.AcceptedAsync(WarmUps * Messages)).Count(IsLarge) < Flowing)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }

        var beside = await LatenciesAsync(system, WarmUps * Messages);
        Console.WriteLine($"fairness: median until the provider has it, alone {alone.Median:F1} ms, beside {backlog} messages of another account {beside.Median:F1} ms, ratio {beside.Median / alone.Median:F2}");
        Console.WriteLine($"fairness: nine of ten within {alone.Ninety:F1} ms alone, {beside.Ninety:F1} ms beside them, while {beside.OthersPerSecond:F0} of them went out in a second; before the first one: {beside.OthersBeforeFirst}");
    }

    /// <param name="system">The running product.</param>
    /// <param name="after">Where in WhatsApp's log the first one can be found at the earliest.</param>
    private static async Task<Latencies> LatenciesAsync(BenchSystem system, long after)
    {
        var latencies = new List<double>();
        var watch = Stopwatch.StartNew();
        var (others, othersBeforeFirst) = (0, 0);
        for (var i = 0; i < Messages; i++)
        {
            var text = $"fair {Guid.NewGuid()}";
            after = i == 0 ? await SkipAsync(system, after) : after;
            await system.SendAsync(1 + i, text, Small);
            var answered = TimeProvider.System.GetUtcNow();
            for (JsonElement? mine = null; mine is null;)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
                foreach (var entry in await system.AcceptedAsync(after))
                {
                    after = entry.GetProperty("sequence").GetInt64();
                    mine = entry.GetProperty("body").GetProperty("text").GetProperty("body").GetString() == text ? entry : mine;
                    others += IsLarge(entry) ? 1 : 0;
                    othersBeforeFirst += i == 0 && mine is null ? 1 : 0;
                }

                if (mine is { } found)
                {
                    latencies.Add((found.GetProperty("at").GetDateTimeOffset() - answered).TotalMilliseconds);
                }
            }
        }

        latencies.Sort();
        return new Latencies(latencies[latencies.Count / 2], latencies[latencies.Count * 9 / 10], othersBeforeFirst, others / watch.Elapsed.TotalSeconds);
    }

    private static async Task<long> SkipAsync(BenchSystem system, long after) =>
        (await system.AcceptedAsync(after)).Select(entry => entry.GetProperty("sequence").GetInt64()).DefaultIfEmpty(after).Last();

    private static bool IsLarge(JsonElement accepted) => accepted.GetProperty("phoneNumberId").GetString() == LargeNumber;

    private static async Task QueueAsync(BenchSystem system, int backlog)
    {
        for (var i = 0; i < LargeThreads; i += 250)
        {
            await system.OpenThreadsAsync(i + 250, Large);
        }

        foreach (var part in Enumerable.Range(0, backlog).Chunk(200))
        {
            var now = TimeProvider.System.GetUtcNow();
            await system.CommitAsync(part.SelectMany(number => Queued(number, 1 + (number % LargeThreads), now)));
        }
    }

    private static IEnumerable<object> Queued(int number, int thread, DateTimeOffset at)
    {
        var (threadId, requestId) = (BenchSystem.ThreadId(thread, Large), $"bench-{number:d7}");
        yield return BenchSystem.Document($"outbox/{requestId}", new()
        {
            [OutboxFields.RequestId] = requestId,
            [OutboxFields.Schema] = 2,
            [OutboxFields.AccountId] = Large,
            [OutboxFields.ThreadId] = threadId,
            [OutboxFields.ToJid] = BenchSystem.Jid(thread),
            [OutboxFields.Body] = requestId,
            [OutboxFields.Shard] = OutboxShard.Of(threadId),
            [OutboxFields.Status] = OutboxStatusNames.Queued,
            [OutboxFields.AttemptCount] = 0,
            [OutboxFields.OrderAt] = at,
            [OutboxFields.NextAttemptAt] = at,
        });
        yield return BenchSystem.Document($"threads/{threadId}/messages/{requestId}", new() { ["status"] = OutboxStatusNames.Queued });
    }

    /// <param name="Median">Milliseconds.</param>
    /// <param name="Ninety">Milliseconds that nine of ten stayed below.</param>
    /// <param name="OthersBeforeFirst">Messages of the large account that WhatsApp had between the first one's sending and its arrival.</param>
    /// <param name="OthersPerSecond">How fast the large account's messages went out meanwhile.</param>
    private sealed record Latencies(double Median, double Ninety, int OthersBeforeFirst, double OthersPerSecond);
}
