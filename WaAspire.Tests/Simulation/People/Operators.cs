using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Worker.Recovery;

namespace WaAspire.Tests.Simulation.People;

/// <summary>
/// People who look at WhatsApp's own log. What is in doubt, is not there and cannot come any more, they have sent again, give
/// up, or step over and have sent at the end; some dead letters they replay.
/// </summary>
internal sealed class Operators(Scene scene, Clients clients, int seed)
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _afterPolicy = TimeSpan.FromSeconds(200);

    /// <summary>From a doubt to what a person does about it, at most.</summary>
    public static readonly TimeSpan Longest = _afterPolicy + _every;

    /// <summary>By then no request is on its way any more that was sent before the doubt. A policy has its turn first.</summary>
    private readonly TimeSpan _wait = scene.Policy == UnknownOutcomePolicy.Hold ? TimeSpan.FromSeconds(100) : _afterPolicy;
    private readonly Random _chance = new(unchecked((seed * 6151) ^ 0x0be));
    private readonly HashSet<string> _replayed = new(StringComparer.Ordinal);
    private readonly List<string> _needless = [];

    /// <summary>V3: what a person had to decide although nobody could be in doubt.</summary>
    public IReadOnlyList<string> Needless => _needless;

    public void Begin() => scene.World.After(_every, null, Look);

    private void Look()
    {
        scene.World.After(_every, null, Look);
        if (scene.Workers.FindLast(worker => worker.IsRunning && !worker.Process.IsFrozen) is not { } worker)
        {
            return;
        }

        foreach (var message in scene.Store.All(FirestorePaths.Outbox).Select(OutboxDocument.Read).ToList())
        {
            if (message.Status == OutboxStatus.Uncertain && IsLost(message, message.DoubtSince))
            {
                Settle(worker, message);
            }
            else if (message.Status == OutboxStatus.Failed && clients.Find(message.RequestId) is { } sending && !_replayed.Contains(message.RequestId) && IsLost(message, message.FailedAt) && _chance.Next(3) == 0)
            {
                _replayed.Add(message.RequestId);
                Replay(worker, sending);
            }
        }
    }

    private void Settle(SimulatedWorker worker, OutboxDocument doubtful)
    {
        if (!scene.Faults.MayDoubt)
        {
            _needless.Add($"V3 needless doubt: {doubtful.RequestId[..8]} waits for a person, though nothing was unknown but replies of the store");
        }

        // What has expired would only expire again.
        var sending = clients.Find(doubtful.RequestId)!;
        switch (doubtful.HasExpired(scene.World.Time) ? 0 : doubtful.OrderAt is null ? 2 : _chance.Next(10))
        {
            case 0:
                sending.IsWrittenOff = true;
                Do(worker, doubtful.RequestId, "given up", verbs => verbs.FailAsync(doubtful.RequestId, CancellationToken.None));
                break;
            case 1:
                Release(worker, sending);
                break;
            default:
                Do(worker, doubtful.RequestId, "sent again", verbs => verbs.ResendAsync(doubtful.RequestId, CancellationToken.None));
                break;
        }
    }

    /// <summary>As long as nobody knows what became of the verb, nobody knows the place either.</summary>
    private void Release(SimulatedWorker worker, ClientMessage sending)
    {
        var hadNone = sending.HasNoPlace;
        sending.HasNoPlace = true;
        Do(worker, sending.RequestId, "stepped over", async verbs =>
        {
            var outcome = await verbs.ReleaseAsync(sending.RequestId, CancellationToken.None);
            sending.HasNoPlace = hadNone || !IsRefused(outcome.Result);
            return outcome;
        });
    }

    private void Replay(SimulatedWorker worker, ClientMessage sending)
    {
        var from = scene.World.Now;
        sending.Replayed = (from, null);
        Do(worker, sending.RequestId, "replayed", async verbs =>
        {
            var outcome = await verbs.ReplayAsync(sending.RequestId, confirmedNotSent: true, CancellationToken.None);
            sending.Replayed = IsRefused(outcome.Result) ? null : (from, outcome.Result == VerbResult.Done ? scene.World.Now : null);
            return outcome;
        });
    }

    /// <summary>Nothing was written. A conflict may be a lost reply.</summary>
    private static bool IsRefused(VerbResult result) => result is not (VerbResult.Done or VerbResult.Conflict);

    private void Do(SimulatedWorker worker, string requestId, string what, Func<OperatorVerbs, Task<(VerbResult Result, OutboxStatus? Status)>> verb)
    {
        scene.World.Note($"an operator has {requestId[..8]} {what}");
        worker.Process.Begin(async () =>
        {
            try
            {
                await verb(worker.Get<OperatorVerbs>());
            }
            catch (Exception exception) when (exception is FirestoreException or LanesUnavailableException)
            {
                // The store or Redis is away: the next look shows what became of it.
            }
        });
    }

    private bool IsLost(OutboxDocument message, DateTimeOffset? since) =>
        scene.World.Time - since > _wait
        && scene.WhatsApp.Bubbles.All(bubble => bubble.RequestId != message.RequestId)
        && !scene.WhatsApp.HasInHand(message.RequestId);
}
