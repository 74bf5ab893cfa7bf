using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Chaos.Linked;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>How soon others took over from a worker that was gone.</summary>
/// <param name="Threads">Those that were its own and had no attempt in flight, until another claimed their next message.</param>
/// <param name="Attempts">Those that it had in flight when it was gone, until their message was in a lawful state again.</param>
internal sealed record TakeoverTimes(Waits Threads, Waits Attempts);

/// <summary>
/// Ends a worker under a steady load and reads from the documents when others went on. WhatsApp is a little slow, and for the
/// kill Firestore too, so that lanes are held and attempts are in flight at the moment of the end; some attempts for so long
/// that WhatsApp never accepts them: nothing but the end of their claim settles those.
/// </summary>
internal sealed class Takeover(ChaosSystem system, ChaosPlan plan, Company company)
{
    /// <summary>In steady use. Most of the time each waits for its writer, so that most have no attempt in flight.</summary>
    public const int Threads = 48;

    /// <summary>With one message each, which WhatsApp is about to accept when the worker is killed.</summary>
    public const int Hanging = 12;

    /// <summary>Milliseconds that WhatsApp takes for each request.</summary>
    public const int WhatsAppTakes = 300;

    /// <summary>Milliseconds that Firestore takes for each request while a worker is killed.</summary>
    public const int FirestoreTakes = 100;

    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);
    private readonly List<ToldThread> _told = [];

    public IReadOnlyList<ToldThread> Told => _told;

    /// <summary>Threads that the measurement writes in.</summary>
    public static int ThreadsNeeded => (2 * Threads) + Hanging;

    /// <summary>How long WhatsApp lets the hanging ones wait: shorter than a worker waits for it, longer than it takes to kill one.</summary>
    private TimeSpan Hang => plan.Scaled(TimeSpan.FromSeconds(12));

    public Task<TakeoverTimes> AfterTermAsync() => MeasureAsync(1, worker => worker.TerminateAsync(), hanging: 0);

    public async Task<TakeoverTimes> AfterKillAsync()
    {
        await system.Switches.SetStoreAsync(new { latency = FirestoreTakes });
        try
        {
            return await MeasureAsync(1 + Threads, worker => worker.KillAsync(), Hanging);
        }
        finally
        {
            await system.Switches.ClearStoreAsync();
        }
    }

    private async Task<TakeoverTimes> MeasureAsync(int firstThread, Func<ChaosProcess, Task> end, int hanging)
    {
        await SlowDownAsync([]);
        using var enough = new CancellationTokenSource();
        var threads = Opened(firstThread, Threads);
        var writing = Task.WhenAll(threads.Select(thread => WriteAsync(thread, enough.Token)));
        await Task.Delay(TimeSpan.FromSeconds(8), TimeProvider.System);
        var hangs = await HangAsync(Opened(1 + (2 * Threads), hanging));
        var (worker, instance) = await BusiestAsync(hangs);

        // What reading all of it has held up goes its way.
        await Task.Delay(Hang / 12, TimeProvider.System);

        var at = TimeProvider.System.GetUtcNow();
        await end(worker);
        var held = await HeldAsync(instance);
        await Task.Delay(plan.Scaled(TimeSpan.FromSeconds(12)), TimeProvider.System);

        // What Firestore had from it and was slow to write.
        held.UnionWith(await HeldAsync(instance));
        await enough.CancelAsync();
        await writing;
        await system.Switches.SetRequestsAsync();

        // Who is told to stop leaves no attempt behind: if it does, the threads behind it wait for it, and count.
        var excused = hanging > 0 ? held : [];
        var times = await TimesAsync(threads, instance, at, held, excused);
        for (var since = TimeProvider.System.GetTimestamp(); times.Threads.Never + times.Attempts.Never > 0 && TimeProvider.System.GetElapsedTime(since) < _patience;)
        {
            await Task.Delay(_look, TimeProvider.System);
            times = await TimesAsync(threads, instance, at, held, excused);
        }

        if (!worker.IsRunning)
        {
            await worker.StartAsync();
            await worker.UntilHealthyAsync();
        }

        return times;
    }

    private async Task<HashSet<string>> HeldAsync(string instance) =>
        (await company.AllOutboxAsync()).Values.Where(message => Waits.IsHeldBy(message, instance)).Select(message => message.RequestId).ToHashSet(StringComparer.Ordinal);

    private async Task<TakeoverTimes> TimesAsync(IReadOnlyList<ToldThread> threads, string instance, DateTimeOffset at, HashSet<string> held, HashSet<string> excused)
    {
        var outbox = await company.AllOutboxAsync();
        return new TakeoverTimes(
            Waits.Of([.. Waits.OfThreads(threads.Select(thread => (IReadOnlyList<OutboxDocument>)[.. thread.RequestIds.Select(id => outbox[id])]), instance, at, excused)]),
            Waits.Of([.. Waits.OfAttempts(held.Select(id => outbox[id]), instance, at, TimeProvider.System.GetUtcNow())]));
    }

    private List<ToldThread> Opened(int first, int count)
    {
        var threads = Enumerable.Range(first, count).Select(number => new ToldThread(company, number, [])).ToList();
        _told.AddRange(threads);
        return threads;
    }

    /// <summary>Half of the answers come late after the acceptance, half of the acceptances come late: both are in flight when the worker ends.</summary>
    private Task SlowDownAsync(IEnumerable<ToldThread> hanging) => system.Switches.SetRequestsAsync(
    [
        .. hanging.Select(thread => new { kind = "slow", to = company.PhoneOf(thread.Number), @for = (int)Hang.TotalMilliseconds }),
        new { kind = "acceptThenSlow", share = 0.5, @for = WhatsAppTakes },
        new { kind = "slow", share = 1.0, @for = WhatsAppTakes },
    ]);

    /// <returns>Requests that are on their way to WhatsApp, which takes its time.</returns>
    private async Task<IReadOnlyList<string>> HangAsync(IReadOnlyList<ToldThread> threads)
    {
        await SlowDownAsync(threads);
        await Task.WhenAll(threads.Select(async thread => thread.RequestIds.Add(await company.SendAsync(thread.Number, ChaosClient.TextOf(0)))));

        // For as long as most of their time is still ahead, whoever has been claimed by then. Only these are read: who reads
        // everything again and again keeps the store from its work, and the threads from theirs.
        var requests = threads.SelectMany(thread => thread.RequestIds).ToList();
        for (var since = TimeProvider.System.GetTimestamp(); requests.Count > 0 && TimeProvider.System.GetElapsedTime(since) < Hang / 3;)
        {
            await Task.Delay(Hang / 24, TimeProvider.System);
            var messages = await Task.WhenAll(requests.Select(company.OutboxAsync));
            if (messages.All(message => message.Status == OutboxStatus.Processing))
            {
                break;
            }
        }

        return requests;
    }

    /// <summary>Who has most of the hanging ones, then most of the last messages: the end of an idle worker shows nothing.</summary>
    private async Task<(ChaosProcess Worker, string Instance)> BusiestAsync(IReadOnlyList<string> hanging)
    {
        var claimed = (await company.AllOutboxAsync()).Values.Where(message => message.ClaimedAt is not null).OrderByDescending(message => message.ClaimedAt).ToList();
        var busiest = system.WorkerProcesses
            .Select(worker => (Worker: worker, Claims: claimed.Where(message => message.ClaimedBy!.StartsWith(SessionTakeover.InstanceOf(worker), StringComparison.Ordinal)).ToList()))
            .OrderByDescending(each => each.Claims.Count(message => hanging.Contains(message.RequestId)))
            .ThenByDescending(each => each.Claims.Intersect(claimed.Take(2 * Threads)).Count())
            .First();
        return (busiest.Worker, busiest.Claims[0].ClaimedBy!);
    }

    private async Task WriteAsync(ToldThread thread, CancellationToken enough)
    {
        using var client = new ChaosClient(system, plan, new Random(plan.Seed + thread.Number), TimeSpan.FromSeconds(3.2));
        await client.WriteAsync(thread, enough);
    }
}
