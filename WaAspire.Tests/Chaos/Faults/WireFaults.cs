using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos.Faults;

/// <summary>One wire between two processes is cut, both ways or one way. Half of them give what they held when they heal, half lose it.</summary>
internal static class WireFaults
{
    public static IReadOnlyList<FaultKind> Kinds { get; } =
    [
        new("a wire refuses", 'X', 2, 20, (system, chance, _) => BendAsync(system, chance, LinkFault.Refused)),
        new("a wire is cut both ways", 'C', 2, 40, (system, chance, _) => BendAsync(system, chance, LinkFault.Cut)),
        new("requests stay on a wire", '>', 2, 40, (system, chance, _) => BendAsync(system, chance, LinkFault.RequestsHeld)),
        new("answers stay on a wire", '<', 2, 40, (system, chance, _) => BendAsync(system, chance, LinkFault.AnswersHeld)),
        new("a wire is slow", 's', 5, 20, (system, chance, _) => BendAsync(system, chance, LinkFault.Slow)),
        new("all wires of a worker are cut", 'W', 5, 40, CutOffAsync),
    ];

    private static Task<Func<Task>> BendAsync(ChaosSystem system, Random chance, LinkFault fault) =>
        Task.FromResult(Bend([system.Wires[chance.Next(system.Wires.Count)]], chance, fault));

    private static Task<Func<Task>> CutOffAsync(ChaosSystem system, Random chance, TimeSpan length)
    {
        var name = $"worker {chance.Next(system.WorkerProcesses.Count) + 1} ";
        return Task.FromResult(Bend([.. system.Wires.Where(wire => wire.Name.StartsWith(name, StringComparison.Ordinal))], chance, LinkFault.Cut));
    }

    private static Func<Task> Bend(IReadOnlyList<ChaosWire> wires, Random chance, LinkFault fault)
    {
        var loses = chance.Next(2) == 0;
        foreach (var wire in wires)
        {
            wire.Link.Set(fault);
        }

        return () =>
        {
            foreach (var wire in wires)
            {
                if (loses)
                {
                    wire.Link.Break();
                }

                wire.Link.Set(LinkFault.None);
            }

            return Task.CompletedTask;
        };
    }
}
