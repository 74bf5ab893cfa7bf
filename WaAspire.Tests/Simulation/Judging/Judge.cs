using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Tests.Simulation.People;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Judging;

/// <summary>
/// Holds the product to its word: by what its clients were told and saw and by what WhatsApp accepted, and at the end by what
/// the outbox says of itself. docs/protocol.md names the invariants; each rule is in a file of its own kind beside this one.
/// </summary>
internal sealed class Judge
{
    private readonly Scene _scene;
    private readonly Clients _clients;
    private readonly AttemptWatch _attempts;
    private readonly HashSet<string> _doubted = new(StringComparer.Ordinal);
    private LivenessWatch? _liveness;

    public Judge(Scene scene, Clients clients)
    {
        (_scene, _clients) = (scene, clients);
        _attempts = new AttemptWatch(scene.Policy);
        scene.Store.Stored += _attempts.Watch;
        scene.Store.Stored += RememberDoubt;
    }

    /// <summary>What the clients see now.</summary>
    public void Look()
    {
        var history = Told(hasEnded: false);
        foreach (var sending in history.Sendings)
        {
            if (history.Shown(sending) is { } word && (sending.Seen.Count == 0 || sending.Seen[^1] != word))
            {
                sending.Seen.Add(word);
            }
        }

        if (_scene.HealedAt is { } healed)
        {
            LookAfterHealing(World.Epoch + healed);
        }
    }

    /// <summary>Every broken promise, in words; empty when all were kept.</summary>
    public IReadOnlyList<string> Broken(bool hasEnded)
    {
        Look();
        return
        [
            .. _scene.World.Escaped is { } escaped ? [$"not simulated: {escaped}"] : Array.Empty<string>(),
            .. _scene.Bugs.Select(bug => $"a bug: {bug}"),
            .. _scene.Processes.Select(process => process.Failure).OfType<Exception>().Select(failure => $"a bug: {failure}"),
            .. PromiseRules.Broken(Told(hasEnded)),
            .. EndRules.Broken(Told(hasEnded)),
            .. _attempts.Broken,
            .. _liveness?.Broken ?? [],
            .. _scene.WhatsApp.Overlap is { } overlap && !_clients.Sendings.Any(sending => sending.IsPlacedBehindItsTime && overlap.Contains(sending.RequestId[..8], StringComparison.Ordinal)) ? [$"S5 not one at a time: {overlap}"] : Array.Empty<string>(),
        ];
    }

    public IEnumerable<ClientMessage> Waiting() => Told(hasEnded: false).Waiting;

    private void LookAfterHealing(DateTimeOffset healed)
    {
        if (_liveness is null)
        {
            _liveness = new LivenessWatch(_scene.Policy, healed);
            foreach (var thread in _doubted)
            {
                _liveness.HadDoubt(thread);
            }
        }

        _liveness.Look(_scene.World.Time, _scene.Store.All(FirestorePaths.Outbox), MaySend);
        if (_clients.HaveLinked)
        {
            _liveness.LookAtSession(_scene.World.Time, _scene.Sockets.HolderOf(Clients.Linked) is not null);
        }
    }

    private void RememberDoubt(StoredDocument stored)
    {
        if (_scene.HealedAt is null && stored.Fields.Text(OutboxFields.Status) == OutboxStatusNames.Uncertain && stored.Fields.Text(OutboxFields.ThreadId) is { } thread)
        {
            _doubted.Add(thread);
        }
    }

    /// <summary>A linked account needs its session, and a holder that is awake: a gateway goes on while its worker stands still. What WhatsApp has told another to rest for rests lawfully.</summary>
    private bool MaySend(string accountId) =>
        accountId == Clients.Linked ? _scene.Sockets.HolderOf(accountId) is { IsFrozen: false } : (_scene.Faults.Enabled & (FaultClass.Throttling | FaultClass.ProviderErrors)) == 0;

    private History Told(bool hasEnded) => new()
    {
        Policy = _scene.Policy,
        HasEnded = hasEnded,
        Sendings = _clients.Sendings,
        Bubbles = _scene.WhatsApp.Bubbles,
        Refusals = _scene.WhatsApp.Refusals,
        Told = _scene.Webhooks.Told,
        Letters = _scene.Letters,
        Find = _scene.Store.Find,
    };
}
