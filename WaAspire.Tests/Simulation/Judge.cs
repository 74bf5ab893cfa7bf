using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Tests.Simulation.People;

namespace WaAspire.Tests.Simulation;

/// <summary>
/// Holds the product to its word, by what its clients were told and saw and by what WhatsApp accepted; the outbox is never
/// looked into. docs/protocol.md names the invariants.
/// </summary>
internal sealed class Judge(Scene scene, Clients clients)
{
    /// <summary>What a process knows of the server's time is at most a minute old (<c>ServerClock</c>), and clocks here run up to 1 % fast.</summary>
    private static readonly TimeSpan _clockAhead = TimeSpan.FromMinutes(1) * 0.01;

    /// <summary>From the look at the time to the arrival of the bytes, and a clock that may run 1 % slow.</summary>
    private static readonly TimeSpan _onTheWay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _oneMillisecond = TimeSpan.FromMilliseconds(1);
    private static readonly string[] _arrived = ["sent", "delivered", "read"];

    /// <summary>What the clients see now.</summary>
    public void Look()
    {
        foreach (var sending in clients.Sendings)
        {
            if (Shown(sending) is { } word && (sending.Seen.Count == 0 || sending.Seen[^1] != word))
            {
                sending.Seen.Add(word);
            }
        }
    }

    /// <summary>Every broken promise, in words; empty when all were kept.</summary>
    public IReadOnlyList<string> Broken(bool hasEnded)
    {
        Look();
        var bubbles = scene.WhatsApp.Bubbles.GroupBy(bubble => bubble.RequestId, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        return
        [
            .. scene.World.Escaped is { } escaped ? [$"not simulated: {escaped}"] : Array.Empty<string>(),
            .. scene.Bugs.Select(bug => $"a bug: {bug}"),
            .. scene.Processes.Select(process => process.Failure).OfType<Exception>().Select(failure => $"a bug: {failure}"),
            .. hasEnded ? [] : new[] { "not ended: " + string.Join(", ", Waiting()) },
            .. clients.Sendings.SelectMany(sending => BrokenBy(sending, bubbles.GetValueOrDefault(sending.RequestId) ?? [])),
            .. clients.Sendings.GroupBy(sending => sending.Phone).SelectMany(thread => Inversions([.. thread], bubbles)),
            .. scene.Letters.GroupBy(letter => letter.ThreadId).SelectMany(Unread),
            .. scene.Policy == UnknownOutcomePolicy.Hold && scene.WhatsApp.Overlap is { } overlap ? [$"S5 not one at a time: {overlap}"] : Array.Empty<string>(),
        ];
    }

    /// <summary>Accepted, and not yet at an end that its client can see.</summary>
    public IEnumerable<ClientMessage> Waiting() => clients.Sendings.Where(sending => sending.IsGivenUp ? Shown(sending) == "queued" : sending.Accepted is null || Shown(sending) is null or "queued");

    private IEnumerable<string> BrokenBy(ClientMessage sending, List<Provider.Bubble> bubbles)
    {
        var shown = Shown(sending);
        if (bubbles.Count > 1 && scene.Policy != UnknownOutcomePolicy.Resend)
        {
            yield return $"S1 duplicate: {sending}, {string.Join(" and ", bubbles.Select(bubble => $"{bubble.Opaque[64..]} at {bubble.At.TotalSeconds:f3} s"))}";
        }

        if (sending.Accepted is not null && shown is null)
        {
            yield return $"S2 lost: {sending} was accepted and is gone";
        }

        if (bubbles.Count > 0 && shown == "failed")
        {
            yield return $"S3 untrue: {sending} is shown as failed, and arrived";
        }

        if (bubbles.Count == 0 && _arrived.Contains(shown))
        {
            yield return $"S3 untrue: {sending} is shown as {shown}, and WhatsApp never accepted it";
        }

        if (bubbles.Count > 0 && sending.IsCanceled && scene.Policy != UnknownOutcomePolicy.Resend)
        {
            yield return $"S3 untrue: the client of {sending} was told that it is canceled, and it arrived";
        }

        if (bubbles.Exists(bubble => bubble.Asked > sending.ExpiresAt + _onTheWay))
        {
            yield return $"expired: {sending} went out at {bubbles[0].Asked.TotalSeconds:f3} s, and was worth nothing after {sending.ExpiresAt!.Value.TotalSeconds:f3} s";
        }

        if (sending.Replayed is null && bubbles.Exists(bubble => bubble.Asked < sending.SendAt - _clockAhead))
        {
            yield return $"early: {sending} went out at {bubbles[0].Asked.TotalSeconds:f3} s, and was for {sending.SendAt!.Value.TotalSeconds:f3} s";
        }

        for (var i = 1; i < sending.Seen.Count; i++)
        {
            var isLawful = sending.Seen[i - 1] == "failed" && (sending.Replayed is not null || _arrived.Contains(sending.Seen[i]));
            if (Rank(sending.Seen[i]) < Rank(sending.Seen[i - 1]) && !isLawful)
            {
                yield return $"S8 went back: {sending} was shown as {string.Join(", ", sending.Seen)}";
            }
        }
    }

    /// <summary>S10: what people wrote is in its thread, and counted once.</summary>
    private IEnumerable<string> Unread(IGrouping<string, Letter> thread)
    {
        var missing = thread.Count(letter => scene.Store.Find(FirestorePaths.ThreadMessage(thread.Key, letter.Id)) is null);
        var unread = scene.Store.Find(FirestorePaths.Thread(thread.Key))?.Fields.Integer(ThreadFields.UnreadCount);
        if (missing > 0 || unread != thread.Count())
        {
            yield return $"S10 not once: of {thread.Count()} messages from {thread.Key} {missing} are missing, and {unread} count as unread";
        }
    }

    /// <summary>One whose place is certainly before the other's must appear before it.</summary>
    private static IEnumerable<string> Inversions(IReadOnlyList<ClientMessage> thread, Dictionary<string, List<Provider.Bubble>> bubbles) =>
        from earlier in thread
        from later in thread
        where earlier.LatestPlace + _oneMillisecond < later.EarliestPlace
        let first = bubbles.GetValueOrDefault(earlier.RequestId)?[0].At
        let second = bubbles.GetValueOrDefault(later.RequestId)?[0].At
        where first > second
        select $"S4 inversion: {earlier} appeared at {first.Value.TotalSeconds:f3} s, after {later} at {second.Value.TotalSeconds:f3} s";

    private string? Shown(ClientMessage sending) =>
        scene.Store.Find(FirestorePaths.ThreadMessage(sending.Request.ThreadId, sending.RequestId))?.Fields.Text(ThreadMessageFields.Status);

    private static int Rank(string word) => word switch { "queued" => 0, "sent" => 1, "delivered" => 2, "read" => 3, _ => 4 };
}
