using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Simulation.People;
using WaAspire.Tests.Simulation.Provider;

namespace WaAspire.Tests.Simulation.Judging;

/// <summary>What must be true of every history, ended or not, by what clients and phones saw. The outbox is not looked into here.</summary>
internal static class PromiseRules
{
    /// <summary>What a process knows of the server's time is at most a minute old (<c>ServerClock</c>), and clocks here run up to 1 % fast.</summary>
    public static readonly TimeSpan ClockAhead = TimeSpan.FromMinutes(1) * 0.01;

    /// <summary>From the look at the time to the arrival of the bytes, and a clock that may run 1 % slow.</summary>
    private static readonly TimeSpan _onTheWay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _oneMillisecond = TimeSpan.FromMilliseconds(1);
    private static readonly string[] _arrived = [OutboxStatusNames.Sent, "delivered", "read"];

    public static IEnumerable<string> Broken(History history) =>
    [
        .. history.HasEnded ? [] : new[] { "not ended: " + string.Join(", ", history.Waiting) },
        .. history.Bubbles.SelectMany(bubble => Unexpected(history, bubble)),
        .. history.Sendings.SelectMany(sending => BrokenBy(history, sending)),
        .. history.Sendings.GroupBy(sending => sending.Phone).SelectMany(thread => Inversions(history, [.. thread])),
        .. history.Letters.GroupBy(letter => letter.ThreadId).SelectMany(thread => Unread(history, thread)),
    ];

    /// <summary>Whatever appears on a phone was asked for by somebody, for this phone.</summary>
    private static IEnumerable<string> Unexpected(History history, Bubble bubble)
    {
        if (history.Sendings.FirstOrDefault(sending => sending.RequestId == bubble.RequestId) is not { Asked: not null } asked)
        {
            yield return $"S1 unexpected: {bubble.MessageId} appeared on {bubble.Phone} at {bubble.At.TotalSeconds:f3} s as {bubble.RequestId}, and nobody had asked for it";
        }
        else if (asked.Phone != bubble.Phone)
        {
            yield return $"S1 unexpected: {asked} appeared on {bubble.Phone}";
        }
    }

    private static IEnumerable<string> BrokenBy(History history, ClientMessage sending)
    {
        var (bubbles, shown, policy) = (history.BubblesOf(sending), history.Shown(sending), history.Policy);
        if (bubbles.Count > 1 && policy != UnknownOutcomePolicy.Resend)
        {
            yield return $"S1 duplicate: {sending}, {string.Join(" and ", bubbles.Select(bubble => $"{bubble.MessageId} at {bubble.At.TotalSeconds:f3} s"))}";
        }

        if (sending.Accepted is not null && shown is null)
        {
            yield return $"S2 lost: {sending} was accepted and is gone";
        }

        if (bubbles.Count > 0 && shown == OutboxStatusNames.Failed)
        {
            yield return $"S3 untrue: {sending} is shown as failed, and arrived";
        }

        if (bubbles.Count == 0 && _arrived.Contains(shown))
        {
            yield return $"S3 untrue: {sending} is shown as {shown}, and WhatsApp never accepted it";
        }

        if (bubbles.Count > 0 && sending.IsCanceled && policy != UnknownOutcomePolicy.Resend)
        {
            yield return $"S3 untrue: the client of {sending} was told that it is canceled, and it arrived";
        }

        if (bubbles.Any(bubble => bubble.Asked > sending.ExpiresAt + _onTheWay))
        {
            yield return $"expired: {sending} went out at {bubbles[0].Asked.TotalSeconds:f3} s, and was worth nothing after {sending.ExpiresAt!.Value.TotalSeconds:f3} s";
        }

        if (sending.Replayed is null && bubbles.Any(bubble => bubble.Asked < sending.SendAt - ClockAhead))
        {
            yield return $"early: {sending} went out at {bubbles[0].Asked.TotalSeconds:f3} s, and was for {sending.SendAt!.Value.TotalSeconds:f3} s";
        }

        for (var i = 1; i < sending.Seen.Count; i++)
        {
            var isLawful = sending.Seen[i - 1] == OutboxStatusNames.Failed && (sending.Replayed is not null || _arrived.Contains(sending.Seen[i]));
            if (Rank(sending.Seen[i]) < Rank(sending.Seen[i - 1]) && !isLawful)
            {
                yield return $"S8 went back: {sending} was shown as {string.Join(", ", sending.Seen)}";
            }
        }
    }

    /// <summary>S10: what people wrote is in its thread, and counted once.</summary>
    private static IEnumerable<string> Unread(History history, IGrouping<string, Letter> thread)
    {
        var missing = thread.Count(letter => history.Find(FirestorePaths.ThreadMessage(thread.Key, letter.Id)) is null);
        var unread = history.Find(FirestorePaths.Thread(thread.Key))?.Fields.Integer(ThreadFields.UnreadCount);
        if (missing > 0 || unread != thread.Count())
        {
            yield return $"S10 not once: of {thread.Count()} messages from {thread.Key} {missing} are missing, and {unread} count as unread";
        }
    }

    /// <summary>One whose place is certainly before the other's must appear before it.</summary>
    private static IEnumerable<string> Inversions(History history, IReadOnlyList<ClientMessage> thread)
    {
        var firsts = history.Bubbles.GroupBy(bubble => bubble.RequestId, StringComparer.Ordinal).ToDictionary(group => group.Key, group => (TimeSpan?)group.First().At, StringComparer.Ordinal);
        return
            from earlier in thread
            from later in thread
            where earlier.LatestPlace + _oneMillisecond < later.EarliestPlace
            let first = firsts.GetValueOrDefault(earlier.RequestId)
            let second = firsts.GetValueOrDefault(later.RequestId)
            where first > second
            select $"S4 inversion: {earlier} appeared at {first.Value.TotalSeconds:f3} s, after {later} at {second.Value.TotalSeconds:f3} s";
    }

    private static int Rank(string word) => word switch { OutboxStatusNames.Queued => 0, OutboxStatusNames.Sent => 1, "delivered" => 2, "read" => 3, _ => 4 };
}
