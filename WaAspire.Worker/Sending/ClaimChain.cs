using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Worker.Observability;

namespace WaAspire.Worker.Sending;

/// <summary>
/// An outcome whose document cannot have come from its claim: somebody put an older one in its place, and what was decided
/// since rests on that. No history of ours leads here, so no kill can be arranged at its await; if we die before the write,
/// the claim runs out, and its rescue finds the same.
/// </summary>
internal static class ClaimChain
{
    /// <summary>An acceptance ends it all the same; otherwise the message is parked, because another attempt may be on its way.</summary>
    /// <returns>Null when the outcome is to be weighed as always.</returns>
    public static async Task<Recorded?> ParkBrokenAsync(
        ClaimedMessage claimed, SendOutcome outcome, OutboxDocument? now, OutboxGuard guard, WorkerMetrics metrics, CancellationToken work)
    {
        if (now is null || now.IsParked || !OutboxAssertions.BreaksChain(claimed.Message, now))
        {
            return null;
        }

        if (outcome is SendOutcome.Accepted || !now.IsUnfinished)
        {
            guard.Report(OutboxAssertions.Fence, now.RequestId);
            return null;
        }

        metrics.OutcomeDropped();
        return new Recorded(await guard.ParkAsync(now, OutboxAssertions.Fence, work) ? OutboxStatus.Uncertain : now.Status, default, null);
    }
}
