namespace WaAspire.Tests.Chaos.Linked;

/// <summary>Ends the worker that holds most sessions, with nothing else wrong, and reads from WhatsApp's log when its accounts were back.</summary>
internal sealed class SessionTakeover(ChaosSystem system, LinkedAccounts linked, SessionWatch watch)
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    public Task<Absence?> AfterTermAsync() => MeasureAsync(SessionsEnd.Term, worker => worker.TerminateAsync());

    public Task<Absence?> AfterKillAsync() => MeasureAsync(SessionsEnd.Kill, worker => worker.KillAsync());

    /// <returns>Null where not all of them are connected to begin with, or there are none.</returns>
    private async Task<Absence?> MeasureAsync(string how, Func<ChaosProcess, Task> end)
    {
        if (linked.Companies.Count == 0 || (await linked.AwayAsync()).Count > 0)
        {
            return null;
        }

        var worker = system.WorkerProcesses.MaxBy(Held)!;
        var held = Held(worker);
        var ended = new SessionsEnd(InstanceOf(worker), how, IsGateway: false, TimeProvider.System.GetUtcNow());
        await end(worker);
        var since = TimeProvider.System.GetTimestamp();
        Absence absence;
        while ((absence = (await watch.AbsencesAsync([ended])).Single()) is var now && now.Accounts - now.Missing < held && TimeProvider.System.GetElapsedTime(since) < _patience)
        {
            await Task.Delay(_look, TimeProvider.System);
        }

        await worker.StartAsync();
        await worker.UntilHealthyAsync();
        return absence with { Accounts = held, Missing = held - (absence.Accounts - absence.Missing) };
    }

    /// <summary>How the ids of a worker's instances begin.</summary>
    public static string InstanceOf(ChaosProcess worker) => $"{worker.Name.Replace("worker", "chaos", StringComparison.Ordinal)}-";

    private int Held(ChaosProcess worker) => linked.Phones.Keys.Count(id => watch.OwnerOf(id)?.StartsWith(InstanceOf(worker), StringComparison.Ordinal) is true);
}
