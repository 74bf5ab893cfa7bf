using System.Diagnostics;

namespace WaAspire.Bench;

/// <summary>What a message costs in Firestore under load, up to and behind <c>sent</c>, and how many go through in a second.</summary>
internal static class LoadCost
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    public static async Task MeasureAsync(BenchSystem system, int messages, int threads)
    {
        await system.OpenThreadsAsync(threads);
        var before = (await system.AcceptedAsync(0)).Count;
        await system.ResetStatisticsAsync();
        var watch = Stopwatch.StartNew();
        await Parallel.ForAsync(0, messages, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) => await system.SendAsync(1 + (i % threads), $"load {i}"));
        var enqueued = watch.Elapsed;
        while ((await system.AcceptedAsync(0)).Count - before < messages)
        {
            await Task.Delay(_pause, TimeProvider.System);
        }

        Console.WriteLine($"load: {messages} messages over {threads} threads: accepted by the proxy in {enqueued.TotalSeconds:F1} s, by the provider in {watch.Elapsed.TotalSeconds:F1} s");
        Console.WriteLine($"load: Firestore's own count, receipts and everything else included: {await system.FirestoreStatisticsAsync()}");
    }
}
