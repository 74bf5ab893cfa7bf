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
    private const int Messages = 40;

    public static async Task MeasureAsync(BenchSystem system, int backlog)
    {
        await system.OpenAccountAsync(Small, SmallNumber, "connected", perSecond: 80);
        await system.OpenThreadsAsync(Messages, Small);
        await LatenciesAsync(system);
        var alone = await LatenciesAsync(system);
        await QueueAsync(system, backlog);

        // Last, so that nothing goes out before all is there: workers look for an account that has work and is not known.
        await system.OpenAccountAsync(Large, LargeNumber, "connected", perSecond: 80);
        while (!(await system.AcceptedAsync(0)).Any(IsLarge))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        var beside = await LatenciesAsync(system);
        Console.WriteLine($"fairness: median until the provider has it, alone {alone.Median:F1} ms, beside {backlog} messages of another account {beside.Median:F1} ms, ratio {beside.Median / alone.Median:F2}");
        Console.WriteLine($"fairness: of the other account went out before the first one: {beside.OthersBeforeFirst}");
    }

    private static async Task<(double Median, int OthersBeforeFirst)> LatenciesAsync(BenchSystem system)
    {
        var latencies = new List<double>();
        var others = 0;
        for (var i = 0; i < Messages; i++)
        {
            var text = $"fair {Guid.NewGuid()}";
            var after = (await system.AcceptedAsync(0)).Select(entry => entry.GetProperty("sequence").GetInt64()).LastOrDefault();
            await system.SendAsync(1 + i, text, Small);
            var answered = TimeProvider.System.GetUtcNow();
            while (true)
            {
                var accepted = await system.AcceptedAsync(after);
                if (accepted.FirstOrDefault(entry => entry.GetProperty("body").GetProperty("text").GetProperty("body").GetString() == text) is { ValueKind: not System.Text.Json.JsonValueKind.Undefined } mine)
                {
                    latencies.Add((mine.GetProperty("at").GetDateTimeOffset() - answered).TotalMilliseconds);
                    others = i == 0 ? accepted.TakeWhile(entry => !entry.Equals(mine)).Count(IsLarge) : others;
                    break;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            }
        }

        latencies.Sort();
        return (latencies[latencies.Count / 2], others);
    }

    private static bool IsLarge(System.Text.Json.JsonElement accepted) => accepted.GetProperty("phoneNumberId").GetString() == LargeNumber;

    private static async Task QueueAsync(BenchSystem system, int backlog)
    {
        for (var i = 0; i < LargeThreads; i += 250)
        {
            await system.OpenThreadsAsync(i + 250, Large);
        }

        var now = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        foreach (var part in Enumerable.Range(0, backlog).Chunk(200))
        {
            await system.CommitAsync(part.SelectMany(number => Queued(number, 1 + (number % LargeThreads), now.AddTicks(number * TimeSpan.TicksPerMicrosecond))));
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
}
