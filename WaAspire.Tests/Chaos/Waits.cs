using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Chaos;

/// <summary>How long some things waited until somebody went on with them.</summary>
/// <param name="Count">All of them.</param>
/// <param name="Longest">Of those that somebody went on with.</param>
/// <param name="Never">Nobody went on with these while anybody had the patience to look.</param>
internal sealed record Waits(int Count, TimeSpan Longest, int Never)
{
    /// <param name="waits">Null: never.</param>
    public static Waits Of(IReadOnlyCollection<TimeSpan?> waits) =>
        new(waits.Count, waits.OfType<TimeSpan>().DefaultIfEmpty().Max(), waits.Count(wait => wait is null));

    /// <summary>
    /// For each thread whose last claim before the end was this instance's: how long its next message waited for another's. A wait
    /// begins with the end, or when the message was there and the one before it was sent. Where others had gone on before the end,
    /// or nobody wrote any more, nothing waited.
    /// </summary>
    /// <param name="threads">Their messages, each in order.</param>
    /// <param name="instance">As claims name it. The same worker, started again, is another one.</param>
    /// <param name="end">When it was ended.</param>
    /// <param name="inFlight">Attempts that it had in flight when it died: what waits behind them waits for their fate.</param>
    public static IReadOnlyList<TimeSpan?> OfThreads(
        IEnumerable<IReadOnlyList<OutboxDocument>> threads, string instance, DateTimeOffset end, IReadOnlySet<string> inFlight)
    {
        var waits = new List<TimeSpan?>();
        foreach (var messages in threads)
        {
            var last = messages.ToList().FindLastIndex(message => message.ClaimedBy == instance);
            if (last < 0 || last + 1 == messages.Count || inFlight.Contains(messages[last].RequestId))
            {
                continue;
            }

            var (before, next) = (messages[last], messages[last + 1]);
            if (next.ClaimedAt is not { } claimedAt)
            {
                waits.Add(null);
            }
            else if (claimedAt > end)
            {
                DateTimeOffset[] ready = [end, next.CreateTime, before.SentAt ?? end];
                waits.Add(claimedAt - ready.Max());
            }
        }

        return waits;
    }

    /// <summary>For each attempt: how long its message was its dead holder's, until it was sent, in doubt, failed, or somebody else's.</summary>
    public static IReadOnlyList<TimeSpan?> OfAttempts(IEnumerable<OutboxDocument> messages, string instance, DateTimeOffset end, DateTimeOffset now) =>
        [.. messages.Select(message => IsHeldBy(message, instance) ? (TimeSpan?)null : (message.DoubtSince ?? message.SentAt ?? message.FailedAt ?? now) - end)];

    public static bool IsHeldBy(OutboxDocument message, string instance) => message.Status == OutboxStatus.Processing && message.ClaimedBy == instance;
}
