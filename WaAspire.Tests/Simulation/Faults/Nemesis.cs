using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Faults;

/// <summary>What strikes from outside at its moments, and how it all heals.</summary>
internal sealed class Nemesis(Scene scene, TimeSpan within)
{
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(45);
    private readonly Queue<object> _lastSeconds = new();

    public void Begin()
    {
        On(FaultClass.Crash, 45, CrashWorker);
        On(FaultClass.Drain, 60, DrainWorker);
        On(FaultClass.Freeze, 45, FreezeWorker);
        On(FaultClass.Clocks, 40, TurnClock);
        On(FaultClass.ProxyCrash, 45, CrashProxy);
        On(FaultClass.StoreOutage, 60, () => CutLines(FaultClass.StoreOutage, scene.StoreLine, 40));
        On(FaultClass.RedisOutage, 60, () => CutLines(FaultClass.RedisOutage, scene.RedisWire, 60));
        On(FaultClass.RedisLoss, 40, LoseRedis);
        On(FaultClass.DeadWebhooks, 60, () => scene.Webhooks.Cut(scene.Faults.Span(FaultClass.DeadWebhooks, 5, scene.Policy == UnknownOutcomePolicy.ResendAfterSilence ? 30 : 180)));
        Remember();
    }

    /// <summary>From here on nothing goes wrong any more, and everything must come to its end.</summary>
    public void Heal()
    {
        scene.World.Note("everything is healed");
        scene.Faults.IsActive = false;
        scene.HealedAt = scene.World.Now;
        scene.Webhooks.Mend();
        foreach (var process in scene.Processes.ToList())
        {
            scene.StoreLine(process).Mend();
            scene.RedisWire(process).Mend();
        }

        // Who stands still goes on doing so: what it wakes up with is the hardest test of all.
        scene.StartWorker();
        scene.StartProxy();
    }

    private void On(FaultClass fault, double every, Action strike)
    {
        foreach (var moment in scene.Faults.Moments(fault, within, every))
        {
            scene.World.After(moment, null, strike);
        }
    }

    private void CrashWorker()
    {
        if (Victim(FaultClass.Crash) is { } worker)
        {
            scene.Crash(worker.Process);
        }
    }

    private void DrainWorker()
    {
        if (Victim(FaultClass.Drain) is not { } worker)
        {
            return;
        }

        scene.World.Note($"{worker.Process.Name} is told to end");
        worker.Drain();
        scene.World.After(_grace, null, worker.Process.Kill);
        scene.StartWorker();
    }

    private void FreezeWorker()
    {
        if (Victim(FaultClass.Freeze) is { } worker)
        {
            // Now and then longer than lease and quiet period together.
            var duration = scene.Faults.Pick(FaultClass.Freeze, 3) == 0 ? scene.Faults.Span(FaultClass.Freeze, 70, 300) : scene.Faults.Span(FaultClass.Freeze, 0.5, 60);
            scene.World.Note($"{worker.Process.Name} stands still for {duration.TotalSeconds:f1} s");
            worker.Process.Freeze(duration);
        }
    }

    private void TurnClock()
    {
        if (Victim(FaultClass.Clocks) is { } worker)
        {
            worker.Process.Clock.WallSkew += TimeSpan.FromMinutes(scene.Faults.Pick(FaultClass.Clocks, 121) - 60);
        }
    }

    private void CrashProxy()
    {
        if (scene.AnyProxy() is { } proxy)
        {
            scene.Kill(proxy.Process);
            scene.World.After(scene.Faults.Span(FaultClass.ProxyCrash, 0.5, 20), null, scene.StartProxy);
        }
    }

    private void CutLines(FaultClass fault, Func<SimulatedProcess, Line> lineOf, double longest)
    {
        var duration = scene.Faults.Span(fault, 0.5, longest);
        var living = scene.Processes.Where(process => process.IsAlive).ToList();
        if (living.Count == 0)
        {
            return;
        }

        var one = scene.Faults.Pick(fault, 2) == 0 ? null : living[scene.Faults.Pick(fault, living.Count)];
        scene.World.Note($"{fault} of {one?.Name ?? "all"} for {duration.TotalSeconds:f1} s");
        foreach (var process in living.Where(process => one is null || process == one))
        {
            lineOf(process).Cut(duration);
        }
    }

    private void LoseRedis()
    {
        var isFailover = scene.Faults.Pick(FaultClass.RedisLoss, 2) == 0 && _lastSeconds.Count > 0;
        scene.World.Note(isFailover ? "Redis loses the last second" : "Redis loses everything");
        if (isFailover)
        {
            scene.Redis.Restore(_lastSeconds.Peek());
        }
        else
        {
            scene.Redis.Flush();
        }
    }

    private void Remember()
    {
        if (!scene.Faults.Has(FaultClass.RedisLoss))
        {
            return;
        }

        _lastSeconds.Enqueue(scene.Redis.Snapshot());
        if (_lastSeconds.Count > 2)
        {
            _lastSeconds.Dequeue();
        }

        scene.World.After(TimeSpan.FromSeconds(0.6), null, Remember);
    }

    private SimulatedWorker? Victim(FaultClass fault)
    {
        var living = scene.Workers.FindAll(worker => worker.IsRunning);
        return living.Count == 0 ? null : living[scene.Faults.Pick(fault, living.Count)];
    }
}
