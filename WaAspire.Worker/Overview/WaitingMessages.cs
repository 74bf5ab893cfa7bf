using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Overview;

/// <param name="AccountId">Whose.</param>
/// <param name="Queued">How many messages wait.</param>
/// <param name="OldestAt">Since when the oldest one that is due waits. Null: none is due, or it is younger than all that were looked at.</param>
internal sealed record AccountQueue(string AccountId, long Queued, DateTimeOffset? OldestAt);

/// <param name="Oldest">In the order of the queue.</param>
/// <param name="ByAccount">Accounts that have a queue, the longest waiting first.</param>
internal sealed record Waiting(IReadOnlyList<OutboxDocument> Oldest, IReadOnlyList<AccountQueue> ByAccount);

/// <summary>
/// The queue by account. While it is short, one page of the oldest is all of it; beyond that each account is counted
/// (one read for 1,000 messages), and only the oldest of the page are known.
/// </summary>
internal sealed class WaitingMessages(IFirestore firestore)
{
    private const string Purpose = "overview";
    private const int AccountsMax = 100;

    /// <param name="accountIds">Whom to count for when the queue is long; at most <see cref="AccountsMax"/> of them.</param>
    /// <param name="limit">Of the page.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<Waiting> ReadAsync(IReadOnlyCollection<string> accountIds, int limit, CancellationToken cancellationToken)
    {
        var read = await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where = [OutboxShard.All, FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Queued)],
                OrderBy = [new FieldOrder(OutboxFields.OrderAt)],
                Limit = limit,
            },
            Purpose,
            cancellationToken);
        var oldest = read.Documents.Select(OutboxDocument.Read).ToList();
        var queues = Group(oldest, read.ReadTime).ToDictionary(queue => queue.AccountId, StringComparer.Ordinal);
        if (oldest.Count == limit)
        {
            await CountAsync(queues, [.. queues.Keys.Union(accountIds, StringComparer.Ordinal).Take(AccountsMax)], cancellationToken);
        }

        return new Waiting(oldest, [.. queues.Values.OrderBy(queue => queue.OldestAt ?? DateTimeOffset.MaxValue).ThenByDescending(queue => queue.Queued)]);
    }

    internal static IEnumerable<AccountQueue> Group(IEnumerable<OutboxDocument> oldest, DateTimeOffset now) => oldest
        .GroupBy(message => message.AccountId ?? "", StringComparer.Ordinal)
        .Select(queue => new AccountQueue(queue.Key, queue.Count(), queue.Where(message => message.OrderAt <= now).Min(message => message.OrderAt)));

    private async Task CountAsync(Dictionary<string, AccountQueue> queues, IReadOnlyList<string> accountIds, CancellationToken cancellationToken)
    {
        var counts = await Task.WhenAll(accountIds.Select(id => firestore.CountAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where = [FieldFilter.Equal(OutboxFields.AccountId, id), FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Queued)],
            },
            Purpose,
            cancellationToken)));
        foreach (var (id, queued) in accountIds.Zip(counts).Where(pair => pair.Second > 0))
        {
            queues[id] = new AccountQueue(id, queued, queues.GetValueOrDefault(id)?.OldestAt);
        }
    }
}
