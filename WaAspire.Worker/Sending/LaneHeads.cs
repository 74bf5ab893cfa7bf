using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Sending;

/// <summary>The first unfinished messages of a lane, in order.</summary>
/// <param name="Messages">In the order in which they must go out.</param>
/// <param name="IsWhole">Nothing unfinished comes behind them.</param>
/// <param name="ReadTime">The server's time of the reading.</param>
public sealed record LaneHead(IReadOnlyList<OutboxDocument> Messages, bool IsWhole, DateTimeOffset ReadTime)
{
    public OutboxDocument? First => Messages.Count > 0 ? Messages[0] : null;
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
    /// <param name="count">How many messages at most: every one that is read is billed.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public Task<LaneHead> ReadAsync(Lane lane, int count, CancellationToken cancellationToken)
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
        var read = await QueryAsync(lanes, limit, [], cancellationToken);
        var messages = read.Documents.Select(OutboxDocument.Read).ToList();
        var isCut = messages.Count >= limit;
        if (isCut && lanes.Count == 1)
        {
            await ReadOnAsync(lanes[0], limit, messages, cancellationToken);
        }

        var heads = new Dictionary<Lane, LaneHead>();
        foreach (var lane in lanes)
        {
            // Behind a cut, messages of the last value may be missing, and with them the one that comes first.
            var last = isCut && lanes.Count > 1 ? messages[^1].OrderAt : null;
            var own = InOrder(messages.Where(message => message.ThreadId == lane.ThreadId && (last is null || message.OrderAt < last)));
            heads[lane] = isCut && lanes.Count > 1 && own.Count == 0
                ? (await ReadTogetherAsync([lane], limit / lanes.Count, cancellationToken))[lane]
                : new LaneHead(own, !isCut, read.ReadTime);
        }

        return heads;
    }

    /// <summary>
    /// A page that ends inside one <c>orderAt</c> value is read on until the value changes: its creation times decide the order.
    /// The pages grow, because hundreds of messages may be scheduled for one time, and a slow account asks for one at a time.
    /// </summary>
    private async Task ReadOnAsync(Lane lane, int limit, List<OutboxDocument> messages, CancellationToken cancellationToken)
    {
        var size = limit;
        for (var page = 0; page < ReadOnPages && messages[0].OrderAt == messages[^1].OrderAt; page++)
        {
            var more = await QueryAsync([lane], size, messages, cancellationToken);
            messages.AddRange(more.Documents.Select(OutboxDocument.Read));
            if (more.Documents.Count < size)
            {
                return;
            }

            size = Math.Max(size, Math.Min(2 * size, ReadOnPageMax));
        }

        messages.RemoveAll(message => message.OrderAt == messages[^1].OrderAt && messages[0].OrderAt != message.OrderAt);
    }

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
