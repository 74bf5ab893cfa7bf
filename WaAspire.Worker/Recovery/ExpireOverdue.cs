using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Messaging.Telemetry;
using WaAspire.Worker.Observability;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// Ends queued messages whose time has run out: the head of a lane when its holder finds it, and, now and then, those that
/// no lane shows (behind a head that waits, or of an account that cannot send). Each is one fenced write, so that a claim
/// that came first wins; the sender then looks at the time once more before the bytes leave.
/// </summary>
public sealed class ExpireOverdue(
    IFirestore firestore, CommitBatcher commits, ServerClock clock, ILanes lanes, OutboxGuard guard, WorkerMetrics metrics, IOptions<RecoveryOptions> options, TimeProvider time)
{
    private const string Purpose = "expire";
    private long? _sweptAt;

    public async Task<bool> ExpireAsync(OutboxDocument overdue, CancellationToken cancellationToken)
    {
        if (OutboxAssertions.Violated(overdue) is { } violated)
        {
            return await guard.ParkAsync(overdue, violated, cancellationToken);
        }

        using var span = MessageTrace.Aid(overdue, "expire");
        var arrow = OutboxTransitions.Failed(overdue, SendFault.Expired, clock.Now, overdue.OutcomeUnknown);
        if (await commits.TakeAsync(overdue, arrow, Purpose, cancellationToken) is not CommitOutcome.Committed)
        {
            return false;
        }

        span.Done();
        metrics.Expired();
        return true;
    }

    /// <summary>One page of what is overdue anywhere; the rest comes with the next sweep.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (_sweptAt is { } at && time.GetElapsedTime(at) < options.Value.ExpireEvery)
        {
            return;
        }

        var read = await firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Outbox)
            {
                Where =
                [
                    OutboxShard.All,
                    FieldFilter.Equal(OutboxFields.Status, OutboxStatusNames.Queued),
                    new FieldFilter(OutboxFields.ExpiresAt, FilterOperator.LessThanOrEqual, clock.Now),
                ],
                OrderBy = [new FieldOrder(OutboxFields.ExpiresAt)],
                Limit = options.Value.PageSize,
            },
            Purpose,
            cancellationToken);
        await Task.WhenAll(read.Documents.Select(OutboxDocument.Read).Where(message => message.ThreadId is not null).Select(async overdue =>
        {
            if (await ExpireAsync(overdue, cancellationToken))
            {
                await lanes.UnblockAsync(overdue.Lane);
            }
        }));
        if (read.Documents.Count < options.Value.PageSize)
        {
            _sweptAt = time.GetTimestamp();
        }
    }
}
