namespace WaAspire.Tests.Chaos.Faults;

/// <summary>Redis forgets, or goes away and comes back empty.</summary>
internal static class RedisFaults
{
    public static IReadOnlyList<FaultKind> Kinds { get; } =
    [
        new("Redis is flushed", 'f', 1, 2, (system, _, _) => FlushAsync(system)),
        new("Redis is killed and comes back empty", 'R', 1, 20, (system, _, _) => RestartAsync(system)),
    ];

    private static async Task<Func<Task>> FlushAsync(ChaosSystem system)
    {
        await system.Redis.FlushAsync();
        return () => Task.CompletedTask;
    }

    private static async Task<Func<Task>> RestartAsync(ChaosSystem system)
    {
        await system.Redis.StopAsync();
        return system.Redis.StartAsync;
    }
}
