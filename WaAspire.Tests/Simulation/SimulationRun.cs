using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Worker.Recovery;

namespace WaAspire.Tests.Simulation;

/// <summary>What one seed came to.</summary>
internal sealed record SimulationResult(int Seed, FaultClass Faults, IReadOnlyList<string> Broken, string Fingerprint, long Steps, TimeSpan Lasted, int Messages, IReadOnlyList<string> Notes);

/// <summary>
/// One history: people write while things go wrong; then everything heals, and must come to its end. A seed and a set of
/// faults say all of it.
/// </summary>
internal sealed class SimulationRun
{
    private static readonly TimeSpan _faultsFor = TimeSpan.FromSeconds(150);

    /// <summary>A lane whose wake-up was lost is looked at again after ten minutes at the latest, a recipient that must rest waits for an hour.</summary>
    private static readonly TimeSpan _soon = TimeSpan.FromMinutes(25);
    private static readonly TimeSpan _afterRests = TimeSpan.FromHours(3);
    private static readonly TimeSpan _lookEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _operatorEvery = TimeSpan.FromSeconds(20);

    /// <summary>By then no request is on its way any more that was sent before the doubt.</summary>
    private static readonly TimeSpan _operatorWaits = TimeSpan.FromSeconds(100);

    private readonly List<string> _needless = [];
    private readonly Scene _scene;
    private readonly Clients _clients;
    private readonly Judge _judge;
    private readonly Nemesis _nemesis;

    private SimulationRun(int seed, FaultClass faults, bool keepsAllNotes)
    {
        _scene = new Scene(seed, faults, keepsAllNotes);
        _clients = new Clients(_scene, seed);
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
        world.After(_faultsFor, null, _nemesis.Heal);
        world.After(_faultsFor + _operatorEvery, null, Operate);
        world.After(_lookEvery, null, Look);
        var mayRest = (faults & (FaultClass.Throttling | FaultClass.ProviderErrors)) != 0;
        var hasEnded = world.Run(_faultsFor + (mayRest ? _afterRests : _soon));
        return new SimulationResult(seed, faults, [.. _judge.Broken(hasEnded), .. _needless], world.Fingerprint, world.Steps, world.Now, _clients.Sendings.Count, [.. world.Notes]);
    }

    private void Look()
    {
        _judge.Look();
        if (!_scene.Faults.IsActive && _clients.AreDone && _scene.Webhooks.Outstanding == 0 && !_judge.Waiting().Any())
        {
            _scene.World.End();
            return;
        }

        _scene.World.After(_lookEvery, null, Look);
    }

    /// <summary>A person who looks at WhatsApp's own log: what is in doubt and is not there, and is not on its way, goes out again.</summary>
    private void Operate()
    {
        _scene.World.After(_operatorEvery, null, Operate);
        if (_scene.Workers.FindLast(worker => worker.IsRunning) is not { } worker)
        {
            return;
        }

        foreach (var doubtful in _scene.Store.All(FirestorePaths.Outbox).Select(OutboxDocument.Read).Where(IsLost).ToList())
        {
            if (!_scene.Faults.MayDoubt)
            {
                _needless.Add($"V3 needless doubt: {doubtful.RequestId[..8]} waits for a person, though nothing was unknown but replies of the store");
            }

            _scene.World.Note($"an operator has {doubtful.RequestId[..8]} sent again");
            worker.Process.Begin(() => worker.Get<OperatorVerbs>().ResendAsync(doubtful.RequestId, CancellationToken.None));
        }
    }

    private bool IsLost(OutboxDocument message) =>
        message.Status == OutboxStatus.Uncertain
        && _scene.World.Time - message.DoubtSince > _operatorWaits
        && _scene.WhatsApp.Bubbles.All(bubble => bubble.RequestId != message.RequestId)
        && !_scene.WhatsApp.HasInHand(message.RequestId);
}
