using WaAspire.Tests.Chaos.Linked;

namespace WaAspire.Tests.Chaos.Faults;

/// <summary>A worker or a proxy dies, is told to stop, or stands still and goes on as if nothing had been.</summary>
internal static class ProcessFaults
{
    public static IReadOnlyList<FaultKind> OfWorkers { get; } =
    [
        new("a worker is killed with -9", 'K', 2, 20, (system, chance, _) => KillAsync(Holding(system, chance, SessionsEnd.Kill))),
        new("a worker is told to stop", 'T', 2, 15, (system, chance, _) => TerminateAsync(Holding(system, chance, SessionsEnd.Term))),
        new("a worker stands still for a moment", 'f', 5, 10, (system, chance, _) => FreezeAsync(Any(system.WorkerProcesses, chance))),
        new("a worker stands still for longer than a lease", 'F', 61, 100, (system, chance, _) => FreezeAsync(Any(system.WorkerProcesses, chance))),
        new("two workers are killed with -9", '2', 2, 10, (system, chance, _) => KillTwoAsync(system, chance)),
    ];

    public static IReadOnlyList<FaultKind> OfProxies { get; } =
    [
        new("a proxy is killed with -9", 'K', 2, 15, (system, chance, _) => KillAsync(Any(system.ProxyProcesses, chance))),
        new("a proxy is told to stop", 'T', 2, 10, (system, chance, _) => TerminateAsync(Any(system.ProxyProcesses, chance))),
        new("a proxy stands still", 'F', 3, 20, (system, chance, _) => FreezeAsync(Any(system.ProxyProcesses, chance))),
    ];

    private static ChaosProcess Any(IReadOnlyList<ChaosProcess> processes, Random chance) => processes[chance.Next(processes.Count)];

    /// <summary>Any worker, whose sessions go down with it now.</summary>
    private static ChaosProcess Holding(ChaosSystem system, Random chance, string how) => Note(system, Any(system.WorkerProcesses, chance), how);

    private static ChaosProcess Note(ChaosSystem system, ChaosProcess worker, string how)
    {
        system.Ends.Enqueue(new SessionsEnd(SessionTakeover.InstanceOf(worker), how, IsGateway: false, TimeProvider.System.GetUtcNow()));
        return worker;
    }

    private static async Task<Func<Task>> KillAsync(ChaosProcess process)
    {
        await process.KillAsync();
        return process.StartAsync;
    }

    private static async Task<Func<Task>> KillTwoAsync(ChaosSystem system, Random chance)
    {
        var spared = Any(system.WorkerProcesses, chance);
        var killed = system.WorkerProcesses.Where(worker => worker != spared).ToList();
        await Task.WhenAll(killed.Select(worker => Note(system, worker, SessionsEnd.Kill).KillAsync()));
        return () => Task.WhenAll(killed.Select(worker => worker.StartAsync()));
    }

    private static async Task<Func<Task>> TerminateAsync(ChaosProcess process)
    {
        await process.TerminateAsync();
        return process.StartAsync;
    }

    private static Task<Func<Task>> FreezeAsync(ChaosProcess process)
    {
        process.Freeze();
        return Task.FromResult<Func<Task>>(() =>
        {
            process.Thaw();
            return Task.CompletedTask;
        });
    }
}
