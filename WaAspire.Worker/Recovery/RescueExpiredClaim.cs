using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Telemetry;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// Brings an orphan back to a lawful state. Its holder is gone between claim and record, so bytes may have left: the
/// message is in doubt and waits for proof. A holder that was only slow finds its fence gone and settles the doubt by
/// its own answer. Safe to run on every worker at once: the write carries the fence.
/// </summary>
public sealed class RescueExpiredClaim(
    CommitBatcher commits, ServerClock clock, WorkerMetrics metrics, IOptions<SendingOptions> options, ILogger<RescueExpiredClaim> logger)
{
    private const string Purpose = "rescue";

    /// <returns>False when it was not rescued here and now: somebody was faster, or the store refused.</returns>
    public async Task<bool> RescueAsync(OutboxDocument orphan, CancellationToken cancellationToken)
    {
        using var span = MessageTrace.Aid(orphan, "rescue");
        var writes = OutboxTransitions.Doubt(orphan, "the holder of the claim is gone", clock.Now + options.Value.QuietPeriod);
        var outcome = await commits.CommitAsync(
            new CommitMember(
                writes, Purpose, orphan.Path, stored => stored is not null && OutboxDocument.Read(stored) is { Status: OutboxStatus.Uncertain } now && now.ClaimId == orphan.ClaimId),
            cancellationToken);
        if (outcome is not CommitOutcome.Committed)
        {
            return false;
        }

        span.Done();
        metrics.Rescued();
        logger.OrphanRescued(orphan.RequestId, orphan.ClaimedBy);
        return true;
    }
}
