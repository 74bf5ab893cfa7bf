using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Recovery;

/// <param name="Replayed">Queued again now.</param>
/// <param name="Skipped">Left as they are, and why.</param>
/// <param name="Next">Where the next call goes on; null when this was the end.</param>
/// <param name="Until">The next call names it as well.</param>
public sealed record ReplayedMany(int Replayed, IReadOnlyList<SkippedReplay> Skipped, DeadLetterPlace? Next, DateTimeOffset? Until);

/// <summary>One that was not replayed.</summary>
public sealed record SkippedReplay(string RequestId, VerbResult Reason);

/// <summary>
/// Replays a page of dead letters, each by the one arrow that a single replay takes. Enters: ids, or a reason. Leaves:
/// counts and the place to go on from. If we die in between, the call is repeated: what was replayed is no dead letter any more.
/// </summary>
public sealed class ReplayMany(OperatorVerbs verbs, DeadLetters letters, ServerClock clock)
{
    public async Task<ReplayedMany> ReplayAsync(IReadOnlyList<string> requestIds, CancellationToken cancellationToken)
    {
        var skipped = new List<SkippedReplay>();
        foreach (var requestId in requestIds.Distinct(StringComparer.Ordinal))
        {
            await ReplayOneAsync(requestId, skipped, cancellationToken);
        }

        return new ReplayedMany(requestIds.Distinct(StringComparer.Ordinal).Count() - skipped.Count, skipped, null, null);
    }

    public async Task<ReplayedMany> ReplayAsync(
        DeadLetterFilter filter, DeadLetterPlace? after, DateTimeOffset? until, int limit, CancellationToken cancellationToken)
    {
        var end = until ?? clock.Now;
        var page = await letters.OldestFirstAsync(filter, after, end, limit, cancellationToken);
        var skipped = new List<SkippedReplay>();

        // Each thread's in the order that they had before they failed, one after the other; threads do not wait for each other.
        var threads = page.Messages.OrderBy(message => message.OrderAt).ThenBy(message => message.CreateTime).GroupBy(message => message.ThreadId, StringComparer.Ordinal);
        await Task.WhenAll(threads.Select(async thread =>
        {
            foreach (var message in thread)
            {
                await ReplayOneAsync(message.RequestId, skipped, cancellationToken);
            }
        }));
        return new ReplayedMany(page.Messages.Count - skipped.Count, skipped, page.Next, end);
    }

    private async Task ReplayOneAsync(string requestId, List<SkippedReplay> skipped, CancellationToken cancellationToken)
    {
        var (result, _) = await verbs.ReplayAsync(requestId, confirmedNotSent: false, cancellationToken);
        if (result == VerbResult.Done)
        {
            return;
        }

        lock (skipped)
        {
            skipped.Add(new SkippedReplay(requestId, result));
        }
    }
}
