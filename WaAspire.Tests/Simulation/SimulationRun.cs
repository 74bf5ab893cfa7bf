using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Tests.Simulation.Judging;
using WaAspire.Tests.Simulation.People;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Simulation;

/// <summary>What one seed came to.</summary>
internal sealed record SimulationResult(int Seed, FaultClass Faults, IReadOnlyList<string> Broken, string Fingerprint, long Steps, TimeSpan Lasted, int Messages, IReadOnlyList<string> Notes);

/// <summary>
/// One history: people write while things go wrong; then everything heals, and must come to its end. A seed and a set of
/// faults say all of it.
/// </summary>
internal sealed class SimulationRun
{
    private static readonly SendingOptions _sending = new();
    private static readonly TimeSpan _faultsFor = TimeSpan.FromSeconds(150);

    /// <summary>A claim runs out, its doubt is settled by a person, and the word of that had got lost: a quarter of an hour. A recipient that must rest waits for an hour.</summary>
    private static readonly TimeSpan _soon = _sending.Lease + _sending.Margin + LivenessWatch.Sweep + Operators.Longest + LivenessWatch.WakeUpAfterDoubt;
    private static readonly TimeSpan _afterRests = TimeSpan.FromHours(3);
    private static readonly TimeSpan _lookEvery = TimeSpan.FromSeconds(2);

    /// <summary>Who wakes up acts on what it had in hand: a run is not over before that.</summary>
    private static readonly TimeSpan _afterSleep = TimeSpan.FromSeconds(10);

    private readonly Scene _scene;
    private readonly Clients _clients;
    private readonly Operators _operators;
    private readonly Judge _judge;
    private readonly Nemesis _nemesis;
    private TimeSpan _sleptAt = -_afterSleep;

    private SimulationRun(int seed, FaultClass faults, bool keepsAllNotes)
    {
        _scene = new Scene(seed, faults, keepsAllNotes);
        _clients = new Clients(_scene, seed);
        _operators = new Operators(_scene, _clients, seed);
        _judge = new Judge(_scene, _clients);
        _nemesis = new Nemesis(_scene, _faultsFor);
    }

    public static SimulationResult Of(int seed, FaultClass? only = null, bool keepsAllNotes = false)
    {
        var faults = FaultPlan.Draw(seed) & (only ?? FaultClass.All);
        var run = new SimulationRun(seed, faults, keepsAllNotes);
        using (run._scene)
        {
            try
            {
                return run.Play(seed, faults);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed} broke the simulation itself.", exception);
            }
        }
    }

    private SimulationResult Play(int seed, FaultClass faults)
    {
        var world = _scene.World;
        for (var workers = 1 + (Math.Abs(seed) % 3); workers > 0; workers--)
        {
            _scene.StartWorker();
        }

        _scene.StartProxy();
        _scene.StartProxy();
        _nemesis.Begin();
        _operators.Begin();
        world.After(_faultsFor, null, _nemesis.Heal);
        world.After(_lookEvery, null, Look);
        var mayRest = (faults & (FaultClass.Throttling | FaultClass.ProviderErrors)) != 0;
        var hasEnded = world.Run(_faultsFor + (mayRest ? _afterRests : _soon));
        return new SimulationResult(
            seed, faults, [.. _judge.Broken(hasEnded), .. _operators.Needless], world.Fingerprint, world.Steps, world.Now, _clients.Sendings.Count, [.. world.Notes]);
    }

    private void Look()
    {
        _judge.Look();
        _sleptAt = _scene.Processes.Any(process => process is { IsAlive: true, IsFrozen: true }) ? _scene.World.Now : _sleptAt;
        var isQuiet = !_scene.Faults.IsActive && _scene.Webhooks.Outstanding == 0 && _scene.World.Now - _sleptAt > _afterSleep;
        if (isQuiet && _clients.AreDone && !_judge.Waiting().Any())
        {
            _scene.World.End();
            return;
        }

        _scene.World.After(_lookEvery, null, Look);
    }
}
