using System.Collections.Concurrent;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// Holds back what would begin a conversation while WhatsApp lets the account begin none; replies go on. Costs nothing
/// while nothing is held; then a few reads for each lane, once for one that is known to exist. What is held here is let go
/// when the account changes; should that get lost with this process, the lane is looked at again by itself.
/// </summary>
public sealed class NewContacts(AccountDirectory accounts, IFirestore firestore, ILanes lanes, ServerClock clock)
{
    private const string Purpose = "new-contacts";
    private const int RememberedMax = 10_000;
    private readonly ConcurrentDictionary<Lane, bool> _existing = new();
    private readonly ConcurrentDictionary<Lane, bool> _waiting = new();

    /// <summary>Whether this lane's next message needs no second look.</summary>
    public bool MayGoOn(Lane lane) => HoldOf(lane.AccountId) is null || _existing.ContainsKey(lane);

    /// <summary>How long this lane must wait; null when it may send.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<TimeSpan?> WaitAsync(Lane lane, CancellationToken cancellationToken)
    {
        if (HoldOf(lane.AccountId) is not { } hold || _existing.ContainsKey(lane))
        {
            return null;
        }

        if (await ExistsAsync(lane, cancellationToken))
        {
            Remember(_existing, lane);
            return null;
        }

        Remember(_waiting, lane);
        return hold;
    }

    /// <summary>The account has changed: if it may begin conversations now, its lanes are due at once.</summary>
    public async Task LetGoAsync(string accountId)
    {
        if (_waiting.IsEmpty || HoldOf(accountId) is not null)
        {
            return;
        }

        foreach (var lane in _waiting.Keys.Where(lane => lane.AccountId == accountId))
        {
            _waiting.TryRemove(lane, out _);
            await lanes.UnblockAsync(lane);
        }
    }

    private TimeSpan? HoldOf(string accountId) =>
        accounts.Find(accountId)?.NewContacts is { } pause && pause.HoldsAt(clock.Now) ? (pause.Until ?? DateTimeOffset.MaxValue) - clock.Now : null;

    /// <summary>A group, somebody who has written to us, or somebody to whom a message of ours was accepted before.</summary>
    private async Task<bool> ExistsAsync(Lane lane, CancellationToken cancellationToken)
    {
        if (ThreadId.JidOf(lane.ThreadId, lane.AccountId) is { IsGroup: true })
        {
            return true;
        }

        var path = FirestorePaths.Thread(lane.ThreadId);
        if ((await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path)?.Fields.Timestamp(ThreadFields.LastInboundAt) is not null)
        {
            return true;
        }

        var sent = new DocumentQuery(FirestorePaths.Outbox)
        {
            Where = [FieldFilter.Equal(OutboxFields.ThreadId, lane.ThreadId), FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Sent)],
            OrderBy = [new FieldOrder(OutboxFields.OrderAt)],
            Limit = 1,
        };
        return (await firestore.QueryAsync(sent, Purpose, cancellationToken)).Documents.Count > 0;
    }

    /// <summary>Forgetting costs a few reads.</summary>
    private static void Remember(ConcurrentDictionary<Lane, bool> remembered, Lane lane)
    {
        if (remembered.Count >= RememberedMax)
        {
            remembered.Clear();
        }

        remembered[lane] = true;
    }
}
