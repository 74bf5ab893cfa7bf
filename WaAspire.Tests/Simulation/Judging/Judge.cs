using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Tests.Simulation.People;

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

    public Judge(Scene scene, Clients clients)
    {
        (_scene, _clients) = (scene, clients);
        _attempts = new AttemptWatch(scene.Policy);
        scene.Store.Stored += _attempts.Watch;
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
            .. _scene.WhatsApp.Overlap is { } overlap ? [$"S5 not one at a time: {overlap}"] : Array.Empty<string>(),
        ];
    }

    public IEnumerable<ClientMessage> Waiting() => Told(hasEnded: false).Waiting;

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
