using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Outbox.Assertions;

/// <summary>
/// What is done about a message that makes no sense. Enters: it, and the assertion that it fails. Leaves: the message in
/// doubt, marked, so that its thread waits and no policy touches it, and an alarm. The alarm comes first: once it is parked, it
/// looks like any doubt, and whoever found it may have died, or heard no reply. If we die before the write, the next look finds
/// it again. A person ends it by the verbs of any doubt; a receipt does, too.
/// </summary>
public sealed class OutboxGuard(CommitBatcher commits, IMeterFactory meters, TimeProvider time, ILogger<OutboxGuard> logger)
{
    private const string Purpose = "park";
    private readonly Counter<long> _violated = meters.Create("WaAspire.Messaging").CreateCounter<long>(
        "waaspire.outbox.assertions_violated", "{message}", "Messages that something was found of which must never be, by assertion");
    private long _violatedAt;

    /// <summary>Since something was last found here; null: never.</summary>
    public TimeSpan? SinceViolation => Volatile.Read(ref _violatedAt) is var at and not 0 ? time.GetElapsedTime(at) : null;

    /// <summary>Raises the alarm where there is nothing to park: the message has ended, or is about to.</summary>
    public void Report(string assertion, string requestId)
    {
        Volatile.Write(ref _violatedAt, time.GetTimestamp());
        _violated.Add(1, new KeyValuePair<string, object?>("assertion", assertion));
        logger.AssertionViolated(requestId, assertion);
    }

    /// <returns>True when it is parked here and now; false when somebody was faster or the store gave no answer: the next look tells.</returns>
    public async Task<bool> ParkAsync(OutboxDocument message, string assertion, CancellationToken cancellationToken)
    {
        Report(assertion, message.RequestId);
        return await commits.TakeAsync(message, OutboxTransitions.Park(message, assertion), Purpose, cancellationToken) is CommitOutcome.Committed;
    }
}
