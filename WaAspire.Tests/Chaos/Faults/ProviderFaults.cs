namespace WaAspire.Tests.Chaos.Faults;

/// <summary>WhatsApp refuses, hangs, drops the answer, or accepts when nobody listens any more.</summary>
internal static class ProviderFaults
{
    public static IReadOnlyList<FaultKind> Kinds { get; } =
    [
        // At most a few of those that make one message wait for minutes.
        new("WhatsApp answers with errors", 'E', 5, 30, (system, _, _) => SetAsync(system, Error(131000, times: 10), Error(131056, times: 3), Error(130429, 0.2), Error(1, 0.2))),
        new("WhatsApp refuses some messages for good", 'R', 5, 20, (system, _, _) => SetAsync(system, Error(131026, 0.15))),
        new("WhatsApp says that it is down", 'D', 3, 15, (system, _, _) => SetAsync(system, Error(2, 1.0))),
        new("WhatsApp's front door answers 502", '5', 5, 15, (system, _, _) => SetAsync(system, new { kind = "http", httpStatus = 502, share = 0.2 })),
        new("WhatsApp hangs, accepts nothing", 'H', 5, 20, (system, _, length) => SetAsync(system, Waiting("hang", 0.2, length))),
        new("WhatsApp drops connections, accepts nothing", 'd', 5, 20, (system, _, _) => SetAsync(system, new { kind = "drop", share = 0.2 })),
        new("WhatsApp accepts and drops the answer", 'A', 5, 30, (system, _, _) => SetAsync(system, new { kind = "acceptThenDrop", share = 0.4 })),
        new("WhatsApp accepts and never answers", 'N', 5, 20, (system, _, length) => SetAsync(system, Waiting("acceptThenHang", 0.2, length))),
        new("WhatsApp accepts and answers late: receipts come first", 'r', 5, 20, (system, _, length) => SetAsync(system, Waiting("acceptThenSlow", 0.5, length / 8))),
        new("WhatsApp accepts after everybody gave up", 'G', 30, 45, (system, _, length) => SetAsync(system, Waiting("acceptAfter", 0.2, length))),
        new("WhatsApp is slow", 's', 5, 20, (system, _, length) => SetAsync(system, Waiting("slow", 0.5, length / 4))),
    ];

    private static object Error(int code, double share) => new { kind = "error", code, share };

    private static object Error(int code, int times) => new { kind = "error", code, times };

    private static object Waiting(string kind, double share, TimeSpan length) => new { kind, share, @for = (int)length.TotalMilliseconds };

    private static async Task<Func<Task>> SetAsync(ChaosSystem system, params object[] faults)
    {
        await system.Switches.SetRequestsAsync(faults);
        return () => system.Switches.SetRequestsAsync();
    }
}
