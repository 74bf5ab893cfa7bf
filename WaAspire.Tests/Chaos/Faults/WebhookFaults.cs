namespace WaAspire.Tests.Chaos.Faults;

/// <summary>Webhooks come twice, late, in another order, or under a wrong signature. All of them come in the end, and soon enough for the quiet period.</summary>
internal static class WebhookFaults
{
    public static IReadOnlyList<FaultKind> Kinds { get; } =
    [
        new("webhooks come twice", '2', 5, 20, (system, _, length) => SetAsync(system, new { kind = "duplicate", status = "any", share = 0.5, @for = Milliseconds(length / 4) })),
        new("webhooks come late", 'l', 5, 20, (system, _, length) => SetAsync(system, new { kind = "delay", status = "any", share = 0.5, @for = Milliseconds(length) })),
        new("webhooks come in any order", 'o', 5, 20, (system, _, length) => SetAsync(
            system,
            new { kind = "reorder", status = "any", share = 0.4, @for = Milliseconds(length / 2) },
            new { kind = "shuffle", status = "any", share = 0.5, @for = Milliseconds(length / 2) })),
        new("webhooks are signed wrongly at first", 'w', 5, 15, (system, _, _) => SetAsync(system, new { kind = "wrongSignature", share = 0.4 })),
    ];

    private static int Milliseconds(TimeSpan length) => (int)length.TotalMilliseconds;

    private static async Task<Func<Task>> SetAsync(ChaosSystem system, params object[] faults)
    {
        await system.Switches.SetWebhooksAsync(faults);
        return () => system.Switches.SetWebhooksAsync();
    }
}
