using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// What is done about a message that nobody may claim. Enters: it, and what the head rule says of it, from the lane's
/// holder or from the sweep. Leaves: one fenced change, or nothing. If we die here, the next look decides anew.
/// </summary>
public sealed class StuckHead(RescueExpiredClaim rescue, DoubtPolicy doubts, ExpireOverdue expiry, StaleBacklog backlog, OutboxGuard guard)
{
    /// <returns>True when it has changed here and now, so that its lane is worth a fresh look.</returns>
    public Task<bool> TryFreeAsync(HeadDecision decision, OutboxDocument? message, DateTimeOffset readTime, CancellationToken cancellationToken) => decision switch
    {
        HeadDecision.Orphaned => rescue.RescueAsync(message!, cancellationToken),
        HeadDecision.InDoubt => doubts.TrySettleAsync(message!, readTime, cancellationToken),
        HeadDecision.Expired => expiry.ExpireAsync(message!, cancellationToken),
        HeadDecision.Stale => backlog.AskAsync(message!, cancellationToken),
        HeadDecision.Violated => guard.ParkAsync(message!, OutboxAssertions.Violated(message!)!, cancellationToken),
        _ => Task.FromResult(false),
    };
}
