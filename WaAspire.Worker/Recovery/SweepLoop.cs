using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// The safety net: whatever was signalled and lost, claimed and abandoned, is found again by its <c>nextAttemptAt</c>.
/// One worker of the fleet runs it about every 5 s, with one query; what it has seen once is in a lane and is not read
/// again. The cursor lives beside the lanes, so that losing them starts it from the beginning.
/// </summary>
public sealed class SweepLoop(
    IFirestore firestore,
    ServerClock clock,
    ILanes lanes,
    LateClaims late,
    StuckHead stuck,
    ExpireOverdue expiry,
    AccountDirectory accounts,
    WorkerMetrics metrics,
    Random chance,
    IOptions<RecoveryOptions> options,
    IOptions<SendingOptions> sending,
    TimeProvider time,
    ILogger<SweepLoop> logger)
    : BackgroundService
{
    public const string Purpose = "sweep";
    private const double ShareOfTurn = 0.8;
    private static readonly TimeSpan _justBefore = TimeSpan.FromMicroseconds(1);

    private readonly RecoveryOptions _options = options.Value;

    /// <summary>One sweep, if it is this worker's turn. Returns how many documents it found.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await late.ReviewAsync(cancellationToken);
        if (await lanes.TryTakeSweepAsync(_options.SweepEvery * ShareOfTurn) is not { } turn)
        {
            return 0;
        }

        var now = clock.Now;
        var cursor = turn.Cursor ?? DateTimeOffset.UnixEpoch;
        var found = 0;
        OutboxDocument? last = null;
        var isOneTime = false;
        var signalled = new HashSet<Lane>();
        for (var page = 0; page < _options.PagesPerSweep || isOneTime; page++)
        {
            var read = await QueryAsync(cursor, now, last, cancellationToken);
            var messages = read.Documents.Select(OutboxDocument.Read).ToList();
            await LookAfterAsync(messages, read.ReadTime, signalled, cancellationToken);
            found += messages.Count;
            last = messages.LastOrDefault() ?? last;
            if (messages.Count < _options.PageSize)
            {
                last = null;
                break;
            }

            // A group commit makes many messages due in one millisecond: a cut there must leave some earlier time to go on from.
            isOneTime = messages[0].NextAttemptAt == messages[^1].NextAttemptAt;
        }

        // Cut by the page limit: go on with the last one's time, which others may share. Otherwise all up to now has been seen.
        var trail = now - _options.SweepTrail;
        var seen = last?.NextAttemptAt - _justBefore is { } cut && cut < trail ? cut : trail;
        await lanes.SaveSweepCursorAsync(turn, seen > cursor ? seen : cursor);
        await lanes.RepairAsync(accounts.SendingAccountIds);
        await expiry.SweepAsync(cancellationToken);
        metrics.Swept(found);
        return found;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Pause.ForAsync(_options.SweepEvery * (0.8 + (0.4 * chance.NextDouble())), time, stoppingToken);
            if (clock.SinceObservation is not null)
            {
                await LoopTurn.RunAsync(Purpose, () => SweepAsync(stoppingToken), logger, stoppingToken);
            }
        }
    }

    private Task<DocumentsRead> QueryAsync(DateTimeOffset cursor, DateTimeOffset now, OutboxDocument? after, CancellationToken cancellationToken) =>
        firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where =
                [
                    OutboxShard.All,
                    new FieldFilter(OutboxFields.NextAttemptAt, FilterOperator.GreaterThan, cursor),
                    new FieldFilter(OutboxFields.NextAttemptAt, FilterOperator.LessThanOrEqual, now),
                ],
                OrderBy = [new FieldOrder(OutboxFields.NextAttemptAt)],
                StartAfter = after is null ? [] : [after.NextAttemptAt!.Value],
                StartAfterPath = after?.Path,
                Limit = _options.PageSize,
            },
            Purpose,
            cancellationToken);

    private async Task LookAfterAsync(List<OutboxDocument> messages, DateTimeOffset readTime, HashSet<Lane> signalled, CancellationToken cancellationToken)
    {
        foreach (var message in messages.Where(message => message.IsUnfinished))
        {
            var (decision, _) = HeadRule.Decide(message, readTime, sending.Value);

            // An orphan that was rescued blocks its lane still, as a doubt; whatever else changed has gone from the front. What
            // was claimed before was the front: due again and not taken, its lane may be blocked for want of a lost wake-up.
            if ((await stuck.TryFreeAsync(decision, message, readTime, cancellationToken) && decision != HeadDecision.Orphaned)
                || (decision == HeadDecision.Claim && message.ClaimSeq > 0))
            {
                await lanes.UnblockAsync(message.Lane);
            }
        }

        // Also the lane of a claim that has not quite run out, or whose rescue went wrong: the cursor moves on, and the lane looks again.
        foreach (var lane in messages.Where(message => message.IsUnfinished).Select(message => message.Lane).Where(signalled.Add))
        {
            await lanes.SignalAsync(lane, TimeSpan.Zero);
        }
    }
}
