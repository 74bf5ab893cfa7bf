using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Time;

namespace WaAspire.Worker.Sending;

/// <summary>What a record left behind: the state that the message is in now, and the next message's claim if it rode along.</summary>
public sealed record Recorded(OutboxStatus? State, TimeSpan DueIn, ClaimedMessage? Next);

/// <summary>
/// The only place that writes what became of an attempt, under the fence of its claim. An outcome that cannot be stored
/// is tried again until it is: the caller's token is the drain deadline, not the shutdown. If the process dies here, the
/// message stays <c>processing</c>, is rescued as <c>uncertain</c>, and the provider's receipt proves it.
/// </summary>
public sealed class OutcomeRecorder(
    CommitBatcher commits, IFirestore firestore, ServerClock clock, WorkerMetrics metrics, IOptions<SendingOptions> options, Random chance, TimeProvider time,
    ILogger<OutcomeRecorder> logger)
{
    public const string Purpose = "record";

    private readonly SendingOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, long> _unrecorded = new(StringComparer.Ordinal);

    /// <summary>Whether an acceptance has waited so long for its record that claiming more would only add doubt.</summary>
    public bool HoldsOldAcceptance => _unrecorded.Values.Any(since => time.GetElapsedTime(since) > _options.UnrecordedAcceptanceLimit);

    /// <summary>Records the outcome; <paramref name="ride"/> is claimed in the same commit if the outcome ends the message.</summary>
    public async Task<Recorded> RecordAsync(ClaimedMessage claimed, SendOutcome outcome, Func<PreparedClaim?> ride, CancellationToken work)
    {
        var isAcceptance = outcome is SendOutcome.Accepted;
        if (isAcceptance)
        {
            _unrecorded[claimed.ClaimId] = time.GetTimestamp();
        }

        try
        {
            return await RecordUntilStoredAsync(claimed, outcome, ride, work);
        }
        finally
        {
            _unrecorded.TryRemove(claimed.ClaimId, out _);
        }
    }

    private async Task<Recorded> RecordUntilStoredAsync(ClaimedMessage claimed, SendOutcome outcome, Func<PreparedClaim?> ride, CancellationToken work)
    {
        var fence = claimed.Fence;
        for (var attempt = 1; ; attempt++)
        {
            var arrow = OutcomeArrow.For(claimed.Message, fence, outcome, _options, clock.Now);
            var next = attempt == 1 && arrow.Ends ? ride() : null;
            var result = await CommitAsync(claimed, arrow, next, work);
            if (result is CommitOutcome.Committed committed)
            {
                metrics.Recorded(outcome);
                return new Recorded(arrow.State, arrow.DueIn, next?.Held(committed.UpdateTimes[^1]!.Value));
            }

            if (result is CommitOutcome.Refused { Status: FirestoreStatus.FailedPrecondition or FirestoreStatus.NotFound } && next is null)
            {
                var (done, state, newFence) = await ReconsiderAsync(claimed, outcome, work);
                if (done)
                {
                    return new Recorded(state, TimeSpan.Zero, null);
                }

                fence = newFence;
            }
            else if (next is null)
            {
                logger.OutcomeNotStored(claimed.Message.RequestId, attempt);
                await Pause.ForAsync(RetrySchedule.Next(attempt, _options.RetryBase, _options.RetryCap, chance.NextDouble()), time, work);
                work.ThrowIfCancellationRequested();
            }
        }
    }

    private Task<CommitOutcome> CommitAsync(ClaimedMessage claimed, OutcomeArrow arrow, PreparedClaim? next, CancellationToken work)
    {
        IReadOnlyList<DocumentWrite> writes = next is null ? arrow.Writes : [.. arrow.Writes, next.Write];
        return commits.CommitAsync(
            new CommitMember(writes, Purpose, claimed.Message.Path, stored => stored is not null && arrow.IsShownBy(OutboxDocument.Read(stored), claimed)), work);
    }

    /// <summary>
    /// The fence no longer holds: somebody decided about this message meanwhile. An acceptance is true whatever they
    /// thought; a definite refusal still settles the doubt about this very claim; anything else is out of date.
    /// </summary>
    private async Task<(bool Done, OutboxStatus? State, DateTimeOffset Fence)> ReconsiderAsync(ClaimedMessage claimed, SendOutcome outcome, CancellationToken work)
    {
        var path = claimed.Message.Path;
        StoredDocument? stored;
        try
        {
            stored = (await firestore.GetAsync([path], Purpose, work)).Find(path);
        }
        catch (FirestoreException exception)
        {
            logger.StoreUnreachable("record", exception.Message);
            return (false, null, claimed.Fence);
        }

        if (stored is null)
        {
            metrics.OutcomeDropped();
            return (true, null, default);
        }

        var now = OutboxDocument.Read(stored);
        if (now.UpdateTime == claimed.Fence)
        {
            // Nobody touched the message: it is the thread's copy of it that is missing.
            return (false, null, claimed.Fence);
        }

        if (outcome is SendOutcome.Accepted accepted && now.Status == OutboxStatus.Sent)
        {
            if (now.ProviderMessageId != accepted.ProviderMessageId)
            {
                metrics.DuplicateAccepted();
                logger.DuplicateAccepted(now.RequestId);
            }

            return (true, OutboxStatus.Sent, default);
        }

        var stillOurs = now.ClaimId == claimed.ClaimId && now.Status is OutboxStatus.Uncertain;
        if (outcome is SendOutcome.Accepted || (stillOurs && outcome is SendOutcome.Rejected or SendOutcome.RetryLater))
        {
            return (false, null, now.UpdateTime);
        }

        metrics.OutcomeDropped();
        return (true, now.Status, default);
    }
}
