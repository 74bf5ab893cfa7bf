using System.Collections.Concurrent;
using System.Diagnostics;
using WaAspire.Tests.Chaos.Faults;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>A fault as it happened.</summary>
/// <param name="From">Since the run began.</param>
internal sealed record Trouble(string Lane, string Name, char Mark, TimeSpan From, TimeSpan To);

/// <summary>Carries out a schedule of faults, each lane for itself, and makes everything well again.</summary>
internal sealed class Nemesis(ChaosSystem system, Stopwatch clock)
{
    private readonly ConcurrentQueue<Trouble> _troubles = new();

    public IReadOnlyList<Trouble> Troubles => [.. _troubles.OrderBy(trouble => trouble.From)];

    public Task RunAsync(IReadOnlyList<FaultStep> steps)
    {
        var start = clock.Elapsed;
        return Task.WhenAll(steps.Where(step => system.Sockets is not null || step.Lane.Name != GatewayFaults.Lane).GroupBy(step => step.Lane).Select(lane => RunLaneAsync([.. lane], start)));
    }

    /// <summary>What stands still goes on, what is dead is started, what is cut is joined; returns when all of it answers.</summary>
    public async Task HealAsync()
    {
        await system.Switches.ClearStoreAsync();
        await system.Switches.SetRequestsAsync();
        await system.Switches.SetWebhooksAsync();
        await (system.Sockets?.PostAsync("faults", new { loseAck = (object?)null, dropAfterMessage = (object?)null }) ?? Task.CompletedTask);
        foreach (var wire in system.Wires)
        {
            wire.Link.Set(LinkFault.None);
        }

        foreach (var process in system.WorkerProcesses.Concat(system.ProxyProcesses))
        {
            process.Thaw();
            if (!process.IsRunning)
            {
                await process.StartAsync();
            }
        }

        await Task.WhenAll(system.WorkerProcesses.Concat(system.ProxyProcesses).Select(process => process.UntilHealthyAsync()));
    }

    private async Task RunLaneAsync(IReadOnlyList<FaultStep> steps, TimeSpan start)
    {
        foreach (var step in steps)
        {
            // A fault that took longer than it should, such as a worker that drains, puts the next one off.
            var wait = start + step.At - clock.Elapsed;
            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, TimeProvider.System);
            var from = clock.Elapsed;
            var end = await step.Kind.Act(system, new Random(step.Chance), step.For);
            await Task.Delay(step.For, TimeProvider.System);
            await end();
            _troubles.Enqueue(new Trouble(step.Lane.Name, step.Kind.Name, step.Kind.Mark, from, clock.Elapsed));
        }
    }
}
