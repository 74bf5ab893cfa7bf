using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// An operator's other answer to a backlog that has grown old: what was due before a given time is not sent any more, but
/// kept as dead letters. A page at a time; each message is one fenced write, so that a claim that came first wins.
/// </summary>
public sealed class FailBacklog(IFirestore firestore, CommitBatcher commits, ServerClock clock, ILanes lanes, OutboxGuard guard)
{
    public const int PageMax = 300;
    private const string Purpose = "fail-backlog";
    private static readonly SendFault _stale = new("stale", "It waited too long for its account and was given up by an operator", true);

    /// <returns>How many were failed, and the last request id that was looked at; null at the end.</returns>
    public async Task<(int Failed, string? Next)> FailAsync(string accountId, DateTimeOffset olderThan, string? after, CancellationToken cancellationToken)
    {
        var read = await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where = [FieldFilter.Equal(OutboxFields.AccountId, accountId), FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Queued)],
                StartAfterPath = after is null ? null : FirestorePaths.OutboxMessage(after),
                Limit = PageMax,
            },
            Purpose,
            cancellationToken);
        var old = read.Documents.Select(OutboxDocument.Read).Where(message => message.Schema is not null && message.OrderAt < olderThan).ToList();
        var results = await Task.WhenAll(old.Select(message => FailOneAsync(message, cancellationToken)));
        return (results.Count(failed => failed), read.Documents.Count < PageMax ? null : read.Documents[^1].Id);
    }

    private async Task<bool> FailOneAsync(OutboxDocument message, CancellationToken cancellationToken)
    {
        if (OutboxAssertions.Violated(message) is { } violated)
        {
            await guard.ParkAsync(message, violated, cancellationToken);
            return false;
        }

        var arrow = OutboxTransitions.Failed(message, _stale, clock.Now, message.OutcomeUnknown);
        if (await commits.TakeAsync(message, arrow, Purpose, cancellationToken) is not CommitOutcome.Committed)
        {
            return false;
        }

        await lanes.UnblockAsync(message.Lane);
        return true;
    }
}
