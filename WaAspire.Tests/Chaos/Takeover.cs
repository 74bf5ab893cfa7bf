using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Chaos.Linked;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>How soon others took over from a worker that was gone.</summary>
/// <param name="Lanes">Threads that were its own and had no attempt in flight, or whose attempt it finished.</param>
/// <param name="LaneMax">The longest of them until their next message was claimed by another worker, counted from the end of the worker or the moment the message was there.</param>
/// <param name="Attempts">Attempts that it had in flight when it died.</param>
/// <param name="AttemptMax">The longest of them until their message was in a lawful state again: sent, in doubt, or another worker's.</param>
internal sealed record TakeoverTimes(int Lanes, TimeSpan LaneMax, int Attempts, TimeSpan AttemptMax);

/// <summary>
/// Ends a worker under a steady load, with nothing else wrong, and reads from the documents when others went on. Firestore is
/// a little slow, so that many lanes are held without an attempt at the moment of the end.
/// </summary>
internal sealed class Takeover(ChaosSystem system, ChaosPlan plan, Company company)
{
    private const int Threads = 24;
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);
    private readonly List<ToldThread> _told = [];

    public IReadOnlyList<ToldThread> Told => _told;

    /// <summary>Threads that the measurement writes in.</summary>
    public static int ThreadsNeeded => 2 * Threads;

    public Task<TakeoverTimes> AfterTermAsync() => MeasureAsync(1, worker => worker.TerminateAsync());

    public async Task<TakeoverTimes> AfterKillAsync()
    {
        await system.Switches.SetStoreAsync(new { latency = 100 });
        try
        {
            return await MeasureAsync(1 + Threads, worker => worker.KillAsync());
        }
        finally
        {
            await system.Switches.ClearStoreAsync();
        }
    }

    private async Task<TakeoverTimes> MeasureAsync(int firstThread, Func<ChaosProcess, Task> end)
    {
        // Half of the answers come late after the acceptance, half of the acceptances come late: both are in flight when the worker ends.
        await system.Switches.SetRequestsAsync(new { kind = "acceptThenSlow", share = 0.5, @for = 300 }, new { kind = "slow", share = 1.0, @for = 300 });
        using var enough = new CancellationTokenSource();
        var threads = Enumerable.Range(firstThread, Threads).Select(number => new ToldThread(company, number, [])).ToList();
        _told.AddRange(threads);
        var writing = Task.WhenAll(threads.Select(thread => WriteAsync(thread, enough.Token)));
        await Task.Delay(TimeSpan.FromSeconds(8), TimeProvider.System);
        var worker = await BusiestAsync();

        var at = TimeProvider.System.GetUtcNow();
        var ending = end(worker);
        var holder = HolderOf(worker);
        var orphans = new Dictionary<string, TimeSpan>();
        await ending;
        var held = (await company.AllOutboxAsync()).Values.Where(message => IsHeldBy(message, holder)).Select(message => message.RequestId).ToHashSet();
        await Task.Delay(plan.Scaled(TimeSpan.FromSeconds(12)), TimeProvider.System);
        await enough.CancelAsync();
        await writing;
        await system.Switches.SetRequestsAsync();

        // A claim's own times tell when the others took over; only the fate of orphans must be watched.
        var since = TimeProvider.System.GetTimestamp();
        while (orphans.Count < held.Count && TimeProvider.System.GetElapsedTime(since) < _patience)
        {
            var now = await company.AllOutboxAsync();
            foreach (var free in held.Where(id => !orphans.ContainsKey(id) && !IsHeldBy(now[id], holder)))
            {
                orphans[free] = (now[free].DoubtSince ?? now[free].SentAt ?? TimeProvider.System.GetUtcNow()) - at;
            }

            await Task.Delay(_look, TimeProvider.System);
        }

        if (!worker.IsRunning)
        {
            await worker.StartAsync();
            await worker.UntilHealthyAsync();
        }

        var waits = await WaitsAsync(threads, at, holder, held);
        return new TakeoverTimes(waits.Count, waits.DefaultIfEmpty().Max(), held.Count, orphans.Values.DefaultIfEmpty().Max());
    }

    /// <summary>Who has sent most of the last messages: the end of an idle worker shows nothing.</summary>
    private async Task<ChaosProcess> BusiestAsync()
    {
        var latest = (await company.AllOutboxAsync()).Values.Where(message => message.ClaimedAt is not null).OrderByDescending(message => message.ClaimedAt).Take(2 * Threads).ToList();
        return system.WorkerProcesses.MaxBy(worker => latest.Count(message => message.ClaimedBy!.StartsWith(HolderOf(worker), StringComparison.Ordinal)))!;
    }

    private static string HolderOf(ChaosProcess worker) => SessionTakeover.InstanceOf(worker);

    private async Task WriteAsync(ToldThread thread, CancellationToken enough)
    {
        using var client = new ChaosClient(system, plan, new Random(plan.Seed + thread.Number), TimeSpan.FromSeconds(1.6));
        await client.WriteAsync(thread, enough);
    }

    /// <summary>For each thread that was the worker's: how long its next message waited for another worker.</summary>
    private async Task<List<TimeSpan>> WaitsAsync(List<ToldThread> threads, DateTimeOffset at, string holder, HashSet<string> held)
    {
        var outbox = await company.AllOutboxAsync();
        var waits = new List<TimeSpan>();
        foreach (var thread in threads)
        {
            var messages = thread.RequestIds.Select(id => outbox[id]).ToList();
            var next = messages.FindIndex(message => message.ClaimedAt > at && message.ClaimedBy?.StartsWith(holder, StringComparison.Ordinal) is false);
            if (next > 0 && messages[next - 1] is var before && before.ClaimedBy?.StartsWith(holder, StringComparison.Ordinal) is true && !held.Contains(before.RequestId))
            {
                DateTimeOffset[] ready = [at, messages[next].CreateTime, before.SentAt ?? at];
                waits.Add(messages[next].ClaimedAt!.Value - ready.Max());
            }
        }

        return waits;
    }

    private static bool IsHeldBy(OutboxDocument message, string holder) =>
        message.Status == OutboxStatus.Processing && message.ClaimedBy?.StartsWith(holder, StringComparison.Ordinal) is true;
}
