using System.Collections.Concurrent;
using System.Diagnostics;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Bench.Inbound;

/// <summary>
/// Inbound messages and statuses, repeated and shuffled, through two proxies, while Firestore is out for a while and one
/// proxy is killed. Whatever is not answered with 200 is delivered again, as Meta does, until all of it is; then the store
/// is compared with what was written.
/// </summary>
internal static class InboundStorm
{
    private const int Seed = 20260131;
    private const int AtOnce = 12;
    private const string Purpose = "storm";
    private static readonly TimeSpan _beforeRetry = TimeSpan.FromMilliseconds(100);

    public static async Task<StormResult> RunAsync(StormPlan plan)
    {
        await using var system = await StormSystem.StartAsync(plan);
        return await RunAsync(system, plan);
    }

    public static async Task<StormResult> RunAsync(StormSystem system, StormPlan plan)
    {
        var random = new Random(Seed);
        var updates = new StormUpdates(plan, random);
        await updates.SeedAsync(system.Firestore);
        var bodies = new ConcurrentQueue<byte[]>(updates.Bodies(random));
        var (total, done, refused) = (bodies.Count, 0, 0);
        var (trouble, outage) = (new TaskCompletionSource(), new TaskCompletionSource());
        var troubles = TroublesAsync(system, plan, trouble.Task, outage.Task);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async lane =>
        {
            for (var turn = lane; Volatile.Read(ref done) < total; turn++)
            {
                if (!bodies.TryDequeue(out var body))
                {
                    await Task.Delay(_beforeRetry, TimeProvider.System);
                    continue;
                }

                if (await system.DeliverAsync(1 + (turn % 2), body) == 200)
                {
                    var number = Interlocked.Increment(ref done);
                    _ = number >= total / 3 && trouble.TrySetResult();
                    _ = number >= total / 2 && outage.TrySetResult();
                    continue;
                }

                Interlocked.Increment(ref refused);
                bodies.Enqueue(body);
                await Task.Delay(_beforeRetry, TimeProvider.System);
            }
        }));
        await troubles;
        return await CompareAsync(system.Firestore, plan, updates, refused);
    }

    /// <summary>How many batches of 100 were answered later than 250 ms and 1 s, with 20 ms added to every commit.</summary>
    public static async Task<(double Above250Ms, double AboveSecond)> MeasureBatchesAsync(StormSystem system, int batches)
    {
        const int Size = 100;
        const int Threads = 50;
        await system.DeliverAsync(1, StormUpdates.FreshBatch("warm", Size, Threads));
        await system.WithFaultsAsync(new { latency = 20 });
        var times = new List<TimeSpan>();
        for (var batch = 0; batch < batches; batch++)
        {
            var started = Stopwatch.GetTimestamp();
            await system.DeliverAsync(1, StormUpdates.FreshBatch($"{batch}", Size, Threads));
            times.Add(Stopwatch.GetElapsedTime(started));
        }

        await system.WithoutFaultsAsync();
        return (Share(TimeSpan.FromMilliseconds(250)), Share(TimeSpan.FromSeconds(1)));

        double Share(TimeSpan limit) => (double)times.Count(time => time > limit) / times.Count;
    }

    private static async Task TroublesAsync(StormSystem system, StormPlan plan, Task first, Task second)
    {
        await first;
        await system.KillProxyAsync(1);
        await system.StartProxyAsync(1);
        await second;
        await system.WithFaultsAsync(new { rates = new[] { new { operation = "*", status = "UNAVAILABLE", share = 1.0 } } });
        // While nothing is answered the other proxy dies too, with requests in its hands.
        await Task.Delay(plan.Outage / 2, TimeProvider.System);
        await system.KillProxyAsync(2);
        await Task.Delay(plan.Outage / 2, TimeProvider.System);
        await system.WithoutFaultsAsync();
        await system.StartProxyAsync(2);
    }

    private static async Task<StormResult> CompareAsync(IFirestore firestore, StormPlan plan, StormUpdates updates, int refused)
    {
        var (stored, extra, wrong) = (new HashSet<string>(StringComparer.Ordinal), 0, 0);
        for (var thread = 0; thread < plan.Threads; thread++)
        {
            var path = FirestorePaths.Thread(StormUpdates.ThreadOf(thread));
            var read = await firestore.QueryAsync(new DocumentQuery($"{path}/messages"), Purpose, CancellationToken.None);
            var inbound = read.Documents.Where(message => message.Fields.Text("direction") == "inbound").ToList();
            var expected = Enumerable.Range(0, plan.Messages).Where(message => updates.ThreadOfMessage(message) == thread).ToList();
            var ids = expected.Select(StormUpdates.InboundId).ToHashSet(StringComparer.Ordinal);
            extra += inbound.Count(message => !ids.Contains(message.Id) || !stored.Add(message.Id));
            extra += read.Documents.Count(message => message.Fields.Text("direction") is not ("inbound" or "outbound"));
            var fields = (await firestore.GetAsync([path], Purpose, CancellationToken.None)).Documents[0].Fields;
            extra += (int)Math.Abs((fields.Integer("unreadCount") ?? 0) - expected.Count);
            wrong += fields.Text("lastMessageText") == $"message {expected[^1]}" ? 0 : 1;
            var shown = read.Documents.ToDictionary(message => message.Id, message => message.Fields.Text("status"), StringComparer.Ordinal);
            wrong += Enumerable.Range(0, plan.Sent).Where(sent => updates.ThreadOfMessage(sent) == thread)
                .Count(sent => shown.GetValueOrDefault(StormUpdates.RequestOf(sent)) != updates.FinalStatus(sent));
        }

        return new StormResult(stored.Count, plan.Messages - stored.Count, extra, wrong, refused);
    }
}
