using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;

namespace WaAspire.Worker.Overview;

/// <param name="LastInboundAt">When somebody last wrote to the account.</param>
/// <param name="LastAckAt">When WhatsApp last confirmed a message of it: accepted, delivered or read.</param>
internal sealed record Activity(DateTimeOffset? LastInboundAt, DateTimeOffset? LastAckAt)
{
    public static readonly Activity None = new(null, null);
}

/// <summary>
/// When accounts were last heard of, by the conversations that were active last: no index over a growing time is worth it. So a
/// receipt in an older conversation does not show. Remembered for a while, and asked for a few accounts at a time.
/// </summary>
internal sealed class AccountActivity(ConversationReader conversations, IOptions<OverviewOptions> options, TimeProvider time)
{
    private const int Threads = 3;
    private const int MessagesEach = 5;
    private const int AccountsAtOnce = 10;
    private static readonly string[] _receipts = [ThreadMessageFields.DeliveredAt, ThreadMessageFields.ReadAt, ThreadMessageFields.PlayedAt];

    private readonly ConcurrentDictionary<string, (Activity Activity, long ReadAt)> _known = new(StringComparer.Ordinal);

    /// <summary>Of all accounts; of those that were not asked for yet, nothing.</summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<Func<string, Activity>> ReadAsync(IReadOnlyCollection<string> accountIds, CancellationToken cancellationToken)
    {
        foreach (var gone in _known.Keys.Except(accountIds, StringComparer.Ordinal).ToArray())
        {
            _known.TryRemove(gone, out _);
        }

        // Who was never asked for comes first, then who was asked for longest ago: each has its turn.
        var due = accountIds.Where(IsDue).OrderBy(id => _known.TryGetValue(id, out var known) ? known.ReadAt : long.MinValue).Take(AccountsAtOnce);
        await Task.WhenAll(due.Select(async id => _known[id] = (await LookAsync(id, cancellationToken), time.GetTimestamp())));
        return id => _known.TryGetValue(id, out var known) ? known.Activity : Activity.None;
    }

    private bool IsDue(string accountId) => !_known.TryGetValue(accountId, out var known) || time.GetElapsedTime(known.ReadAt) >= options.Value.ActivityFreshFor;

    private async Task<Activity> LookAsync(string accountId, CancellationToken cancellationToken)
    {
        var threads = await conversations.ThreadsAsync(accountId, Threads, cancellationToken);
        var messages = await Task.WhenAll(threads.Select(thread => conversations.MessagesAsync(thread.Id, MessagesEach, cancellationToken)));
        return new Activity(
            threads.Max(thread => thread.Fields.Timestamp(ThreadFields.LastInboundAt)), messages.SelectMany(some => some).Max(message => AckOf(message.Fields)));
    }

    /// <summary>Null for what somebody else wrote, and for what WhatsApp has not confirmed.</summary>
    private static DateTimeOffset? AckOf(DocumentFields message) =>
        message.Text(ThreadMessageFields.Direction) != "outbound" ? null
        : _receipts.Max(message.Timestamp) ?? (message.Text(ThreadMessageFields.ProviderMessageId) is null ? null : message.Timestamp(ThreadMessageFields.UpdatedAt));
}
