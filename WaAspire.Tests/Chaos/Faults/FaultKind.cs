namespace WaAspire.Tests.Chaos.Faults;

/// <summary>Begins a fault.</summary>
/// <returns>What ends it.</returns>
internal delegate Task<Func<Task>> FaultAct(ChaosSystem system, Random chance, TimeSpan length);

/// <summary>Something that goes wrong.</summary>
/// <param name="Name">For people.</param>
/// <param name="Mark">Its letter in the timeline.</param>
/// <param name="Shortest">Seconds, at production's durations.</param>
/// <param name="Longest">Seconds, at production's durations.</param>
internal sealed record FaultKind(string Name, char Mark, double Shortest, double Longest, FaultAct Act);

/// <summary>Faults that come one after the other; those of different lanes come at the same time.</summary>
/// <param name="PauseMax">Seconds between two of them, at most, at production's durations.</param>
internal sealed record FaultLane(string Name, double PauseMax, IReadOnlyList<FaultKind> Kinds);

/// <summary>One fault of a schedule.</summary>
/// <param name="At">From the start of the phase.</param>
/// <param name="Chance">Seed of what the fault itself leaves to chance: which worker, which code.</param>
internal sealed record FaultStep(FaultLane Lane, FaultKind Kind, TimeSpan At, TimeSpan For, int Chance)
{
    public override string ToString() => $"{At} {For} {Lane.Name}: {Kind.Name} {Chance}";
}

/// <summary>What goes wrong when. Made before anything runs, from the seed alone.</summary>
internal static class FaultSchedule
{
    public static IReadOnlyList<FaultLane> Lanes { get; } =
    [
        new("workers", 25, ProcessFaults.OfWorkers),
        new("proxies", 40, ProcessFaults.OfProxies),
        new("Redis", 30, RedisFaults.Kinds),
        new("wires", 20, WireFaults.Kinds),
        new("Firestore", 30, StoreFaults.Kinds),
        new("WhatsApp", 15, ProviderFaults.Kinds),
        new("webhooks", 15, WebhookFaults.Kinds),
        new(GatewayFaults.Lane, 25, GatewayFaults.Kinds),
    ];

    /// <param name="seed">The same one gives the same steps.</param>
    /// <param name="length">No step begins later, and none lasts longer.</param>
    /// <param name="scale">What production's durations are multiplied with.</param>
    public static IReadOnlyList<FaultStep> Of(int seed, TimeSpan length, double scale) =>
        [.. Lanes.SelectMany((lane, index) => Of(lane, new Random(HashCode(seed, index)), length, scale)).OrderBy(step => step.At)];

    private static IEnumerable<FaultStep> Of(FaultLane lane, Random random, TimeSpan length, double scale)
    {
        // Each kind once before any comes again, in an order by chance: a short run too has seen most of them.
        var left = new List<FaultKind>();
        for (var at = Between(random, 0, lane.PauseMax / 2, scale); at < length;)
        {
            left = left.Count == 0 ? [.. lane.Kinds] : left;
            var kind = left[random.Next(left.Count)];
            left.Remove(kind);
            var lasts = Between(random, kind.Shortest, kind.Longest, scale);
            lasts = lasts < length - at ? lasts : length - at;
            yield return new FaultStep(lane, kind, at, lasts, random.Next());
            at += lasts + Between(random, 1, lane.PauseMax, scale);
        }
    }

    private static TimeSpan Between(Random random, double shortest, double longest, double scale) =>
        TimeSpan.FromSeconds((shortest + (random.NextDouble() * (longest - shortest))) * scale);

    // Not System.HashCode, which is another one in each process.
    private static int HashCode(int seed, int lane) => unchecked((seed * 31) + lane);
}
