using WaAspire.Tests.Chaos.Linked;

namespace WaAspire.Tests.Chaos.Faults;

/// <summary>A worker's gateway dies or stands still; WhatsApp's socket server cuts, or takes messages and says nothing. Nothing happens where there is no Node.</summary>
internal static class GatewayFaults
{
    public const string Lane = "gateways";

    public static IReadOnlyList<FaultKind> Kinds { get; } =
    [
        new("a gateway is killed with -9", 'K', 1, 2, (system, chance, _) => KillAsync(system, chance)),
        new("a gateway stands still", 'F', 5, 30, (system, chance, length) => FreezeAsync(system, chance, length)),
        new("sockets are cut", 'c', 1, 2, (system, _, _) => CutAsync(system)),
        new("WhatsApp takes messages and acknowledges none", 'A', 5, 20, (system, _, _) => SetAsync(system, new { loseAck = new { } }, new { loseAck = (object?)null })),
        new("WhatsApp takes a message and cuts its socket", 'd', 5, 15, (system, _, _) =>
            SetAsync(system, new { dropAfterMessage = new { count = 3 } }, new { dropAfterMessage = (object?)null })),
    ];

    private static async Task<Func<Task>> KillAsync(ChaosSystem system, Random chance)
    {
        var worker = system.WorkerProcesses[chance.Next(system.WorkerProcesses.Count)];
        if (GatewayOf.Find(worker) is { } gateway)
        {
            system.Ends.Enqueue(new SessionsEnd(SessionTakeover.InstanceOf(worker), SessionsEnd.Kill, IsGateway: true, TimeProvider.System.GetUtcNow()));
            await GatewayOf.KillAsync(gateway);
        }

        return () => Task.CompletedTask;
    }

    private static async Task<Func<Task>> FreezeAsync(ChaosSystem system, Random chance, TimeSpan length)
    {
        if (GatewayOf.Find(system.WorkerProcesses[chance.Next(system.WorkerProcesses.Count)]) is { } gateway)
        {
            await GatewayOf.FreezeAsync(gateway, length);
        }

        return () => Task.CompletedTask;
    }

    /// <summary>Of every account that is connected.</summary>
    private static async Task<Func<Task>> CutAsync(ChaosSystem system)
    {
        foreach (var phone in system.Sockets is { } sockets ? (await sockets.ComingsAsync()).Select(coming => coming.Phone).Distinct() : [])
        {
            await system.Sockets!.PostAsync("disconnect", new { account = phone, how = "drop" });
        }

        return () => Task.CompletedTask;
    }

    private static async Task<Func<Task>> SetAsync(ChaosSystem system, object on, object off)
    {
        await (system.Sockets?.PostAsync("faults", on) ?? Task.CompletedTask);
        return () => system.Sockets?.PostAsync("faults", off) ?? Task.CompletedTask;
    }
}
