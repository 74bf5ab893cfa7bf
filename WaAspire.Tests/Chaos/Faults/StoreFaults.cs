namespace WaAspire.Tests.Chaos.Faults;

/// <summary>Firestore is slow, refuses, stands still, or does what it was asked and never says so.</summary>
internal static class StoreFaults
{
    public static IReadOnlyList<FaultKind> Kinds { get; } =
    [
        new("Firestore is slow", 's', 5, 20, (system, _, length) => SetAsync(system, new { latency = length.TotalMilliseconds / 5 })),
        new("Firestore is down", 'D', 3, 25, (system, _, _) => SetAsync(system, new { rates = new[] { Rate("*", "UNAVAILABLE", 1) } })),
        new("Firestore is flaky", 'y', 10, 30, (system, _, _) => SetAsync(system, new
        {
            rates = new[]
            {
                Rate("commit", "ABORTED", 0.15), Rate("*", "UNAVAILABLE", 0.1), Rate("*", "DEADLINE_EXCEEDED", 0.05), Rate("*", "RESOURCE_EXHAUSTED", 0.05),
            },
        })),
        new("replies of commits get lost", 'L', 3, 15, (system, _, _) => SetAsync(system, Lost(new { operation = "commit", times = 40 }))),
        new("commits get lost", 'l', 3, 15, (system, _, _) => SetAsync(system, Lost(new { operation = "commit", times = 40, beforeApply = true }))),
        new("commits are applied after everybody gave up on them", 'a', 3, 15, (system, _, length) =>
            SetAsync(system, Lost(new { operation = "commit", times = 40, appliesAfter = length.TotalMilliseconds / 3 }))),
        new("Firestore stands still", 'P', 2, 10, (system, _, length) => SetAsync(system, new { pause = length.TotalMilliseconds })),
    ];

    private static object Rate(string operation, string status, double share) => new { operation, status, share };

    private static object Lost(object reply) => new { lostReplies = new[] { reply } };

    private static async Task<Func<Task>> SetAsync(ChaosSystem system, object faults)
    {
        await system.Switches.SetStoreAsync(faults);
        return system.Switches.ClearStoreAsync;
    }
}
