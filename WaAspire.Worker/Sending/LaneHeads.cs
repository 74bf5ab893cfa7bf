using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Sending;

/// <summary>The first unfinished messages of a lane, in order.</summary>
/// <param name="Messages">In the order in which they must go out.</param>
/// <param name="IsWhole">Nothing unfinished comes behind them.</param>
/// <param name="ReadTime">The server's time up to which nothing before them can be missing.</param>
public sealed record LaneHead(IReadOnlyList<OutboxDocument> Messages, bool IsWhole, DateTimeOffset ReadTime)
{
    /// <summary>A place in the order is the server's time in milliseconds.</summary>
    private static readonly TimeSpan _oneTime = TimeSpan.FromMilliseconds(1);

    public OutboxDocument? First => Messages.Count > 0 ? Messages[0] : null;

    /// <summary>Read, as the query gave them, and not to be used yet: one of the same time may follow and belong before them.</summary>
    public IReadOnlyList<OutboxDocument> Open { get; init; } = [];

    /// <summary>What is left when the first <paramref name="count"/> are done; null: nothing that can be gone on from.</summary>
    public LaneHead? Behind(int count) =>
        count < Messages.Count || (Open.Count > 0 && IsSettled(Open[^1], ReadTime)) ? this with { Messages = [.. Messages.Skip(count)] } : null;

    /// <summary>
    /// Whether a later reading may go on behind this message: whatever comes in after <paramref name="readTime"/> takes a later
    /// place. Before one that is scheduled for later, messages still come in.
    /// </summary>
    public static bool IsSettled(OutboxDocument message, DateTimeOffset readTime) => message.OrderAt + _oneTime <= readTime;
}

/// <summary>
/// Reads heads with strong queries, so that order comes from Firestore alone. Lanes that ask while queries are in flight
/// are gathered: one query reads up to seven of them, because 7 lanes × 4 states fit Firestore's 30 disjunctions.
/// </summary>
public sealed class LaneHeads(IFirestore firestore, IOptions<SendingOptions> options)
{
    public const string Purpose = "head";
    private const int LanesPerQuery = 7;
    private const int ReadOnPages = 20;
    private const int ReadOnPageMax = 300;

    private readonly Lock _gate = new();
    private readonly Queue<Asked> _waiting = new();
    private readonly SendingOptions _options = options.Value;
    private int _inFlight;

    /// <param name="lane">Whose head.</param>
    /// <param name="count">How many messages are wanted at most: every one that is read is billed.</param>
    /// <param name="kept">What this hand has read of the lane and not used yet.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public Task<LaneHead> ReadAsync(Lane lane, int count, LaneHead? kept, CancellationToken cancellationToken) => kept switch
    {
        { Messages.Count: > 0 } => Task.FromResult(kept),
        { Open.Count: > 0 } => ReadOnAsync(lane, count, kept.Open, kept.ReadTime, cancellationToken),

        // One more than is wanted: the last of a page that goes on is not used before the next one is known.
        _ => GatherAsync(lane, count + 1, cancellationToken),
    };

    /// <summary>Whether nothing that was accepted before this message still waits in a thread that has come to point to its own. Costs a read only where there is one.</summary>
    public async Task<bool> AreAheadGoneAsync(OutboxDocument head, CancellationToken cancellationToken)
    {
        if (head.Behind.Count == 0)
        {
            return true;
        }

        var ahead = await QueryAsync([.. head.Behind.Select(threadId => head.Lane with { ThreadId = threadId })], 1, [], cancellationToken);
        return ahead.Documents.Count == 0 || OutboxDocument.Read(ahead.Documents[0]).OrderAt >= head.OrderAt;
    }

    private Task<LaneHead> GatherAsync(Lane lane, int count, CancellationToken cancellationToken)
    {
        var asked = new Asked(lane, count);
        lock (_gate)
        {
            _waiting.Enqueue(asked);
            if (_inFlight >= _options.HeadQueriesInFlight)
            {
                return asked.Answer.Task;
            }

            _inFlight++;
        }

        _ = AnswerWaitingAsync(cancellationToken);
        return asked.Answer.Task;
    }

    /// <summary>Serves until nobody waits; every failure goes to those who asked, so nothing escapes here.</summary>
    private async Task AnswerWaitingAsync(CancellationToken cancellationToken)
    {
        while (TakeWaiting() is { Count: > 0 } batch)
        {
            try
            {
                var heads = await ReadTogetherAsync(
                    [.. batch.Select(asked => asked.Lane).Distinct()], batch.Sum(asked => asked.Count), cancellationToken);
                foreach (var asked in batch)
                {
                    asked.Answer.TrySetResult(heads[asked.Lane]);
                }
            }
            catch (Exception exception)
            {
                batch.ForEach(asked => asked.Answer.TrySetException(exception));
            }
        }
    }

    private List<Asked> TakeWaiting()
    {
        lock (_gate)
        {
            var batch = new List<Asked>();
            while (batch.Count < LanesPerQuery && _waiting.TryDequeue(out var asked))
            {
                batch.Add(asked);
            }

            if (batch.Count == 0)
            {
                _inFlight--;
            }

            return batch;
        }
    }

    private async Task<Dictionary<Lane, LaneHead>> ReadTogetherAsync(IReadOnlyList<Lane> lanes, int limit, CancellationToken cancellationToken)
    {
        if (lanes.Count == 1)
        {
            return new() { [lanes[0]] = await ReadOnAsync(lanes[0], limit, [], default, cancellationToken) };
        }

        var read = await QueryAsync(lanes, limit, [], cancellationToken);
        var messages = read.Documents.Select(OutboxDocument.Read).ToList();
        var isWhole = messages.Count < limit;
        var heads = new Dictionary<Lane, LaneHead>();
        foreach (var lane in lanes)
        {
            var own = messages.Where(message => message.ThreadId == lane.ThreadId).ToList();
            var head = Split(own, isWhole, messages.Count == 0 ? null : messages[^1].OrderAt, read.ReadTime);
            heads[lane] = isWhole || head.Messages.Count > 0 ? head : await ReadOnAsync(lane, limit / lanes.Count, head.Open, read.ReadTime, cancellationToken);
        }

        return heads;
    }

    /// <summary>
    /// Goes on behind what is known. A page that ends inside one <c>orderAt</c> value is read on until the value changes: its
    /// creation times decide the order. The pages grow, because hundreds of messages may be scheduled for one time.
    /// </summary>
    private async Task<LaneHead> ReadOnAsync(
        Lane lane, int size, IReadOnlyList<OutboxDocument> known, DateTimeOffset readTime, CancellationToken cancellationToken)
    {
        var messages = known.ToList();
        for (var page = 1; ; page++)
        {
            var more = await QueryAsync([lane], size, messages, cancellationToken);
            readTime = messages.Count == 0 || LaneHead.IsSettled(messages[^1], readTime) ? more.ReadTime : readTime;
            messages.AddRange(more.Documents.Select(OutboxDocument.Read));
            var isWhole = more.Documents.Count < size;
            if (isWhole || messages[0].OrderAt != messages[^1].OrderAt || messages[^1].OrderAt is null)
            {
                return Split(messages, isWhole, messages.Count == 0 ? null : messages[^1].OrderAt, readTime);
            }

            if (page == ReadOnPages)
            {
                return new LaneHead(InOrder(messages), IsWhole: false, readTime);
            }

            size = Math.Max(size, Math.Min(2 * size, ReadOnPageMax));
        }
    }

    /// <summary>
    /// Behind a cut, messages of the last value may be missing, and with them the one that comes first. A place that is no time
    /// sorts behind all times in Firestore: everything that has one is there, and what has none is put in front, to be parked.
    /// </summary>
    private static LaneHead Split(List<OutboxDocument> messages, bool isWhole, DateTimeOffset? last, DateTimeOffset readTime) =>
        new(InOrder(messages.Where(message => isWhole || last is null || message.OrderAt < last)), isWhole, readTime)
        {
            Open = isWhole || last is null ? [] : [.. messages.Where(message => message.OrderAt >= last)],
        };

    private Task<DocumentsRead> QueryAsync(IReadOnlyList<Lane> lanes, int limit, List<OutboxDocument> after, CancellationToken cancellationToken) =>
        firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where =
                [
                    FieldFilter.In(OutboxFields.ThreadId, lanes.Select(lane => FirestoreValue.From(lane.ThreadId))),
                    FieldFilter.In(OutboxFields.Status, OutboxStatusNames.Unfinished.Select(status => FirestoreValue.From(status))),
                ],
                OrderBy = [new FieldOrder(OutboxFields.OrderAt)],
                StartAfter = after.Count == 0 ? [] : [FirestoreValue.From(after[^1].OrderAt!.Value)],
                StartAfterPath = after.Count == 0 ? null : after[^1].Path,
                Limit = limit,
            },
            Purpose,
            cancellationToken);

    private static List<OutboxDocument> InOrder(IEnumerable<OutboxDocument> messages) =>
        [.. messages.OrderBy(message => message.OrderAt).ThenBy(message => message.CreateTime).ThenBy(message => message.RequestId, StringComparer.Ordinal)];

    private sealed record Asked(Lane Lane, int Count)
    {
        public TaskCompletionSource<LaneHead> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
