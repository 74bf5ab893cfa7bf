using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Observability;

namespace WaAspire.Worker.Sending;

/// <summary>What a record left behind: the state that the message is in now, and the next message's claim if it rode along.</summary>
public sealed record Recorded(OutboxStatus? State, TimeSpan DueIn, ClaimedMessage? Next);

/// <summary>
/// The only place that writes what became of an attempt, under the fence of its claim. An outcome that cannot be stored
/// is tried again until it is: the caller's token is the drain deadline, not the shutdown. If the process dies here, the
/// message stays <c>processing</c>, is rescued as <c>uncertain</c>, and the provider's receipt proves it.
/// </summary>
public sealed class OutcomeRecorder(
    CommitBatcher commits,
    IFirestore firestore,
    ServerClock clock,
    LateClaims late,
    OutboxGuard guard,
    WorkerMetrics metrics,
    Random chance,
    IOptions<SendingOptions> options,
    TimeProvider time,
    ILogger<OutcomeRecorder> logger)
{
    public const string Purpose = "record";

    private readonly SendingOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, long> _unrecorded = new(StringComparer.Ordinal);

    /// <summary>Whether an acceptance has waited so long for its record that claiming more would only add doubt.</summary>
    public bool HoldsOldAcceptance => _unrecorded.Values.Any(since => time.GetElapsedTime(since) > _options.UnrecordedAcceptanceLimit);

    /// <summary>Records the outcome; <paramref name="ride"/> is claimed in the same commit if the outcome ends the message.</summary>
    /// <exception cref="OperationCanceledException">The drain deadline came first; the outcome is not stored.</exception>
    public async Task<Recorded> RecordAsync(ClaimedMessage claimed, SendOutcome outcome, Func<PreparedClaim?> ride, CancellationToken work)
    {
        if (outcome is SendOutcome.Accepted)
        {
            _unrecorded[claimed.ClaimId] = time.GetTimestamp();
        }

        try
        {
            var arrow = Arrow(claimed.Message, outcome);
            var next = arrow.Ends ? ride() : null;
            return (next is null ? null : await RecordWithClaimAsync(claimed, outcome, arrow, next, work).KillPoint())
                ?? await RecordAloneAsync(claimed, outcome, work).KillPoint();
        }
        finally
        {
            _unrecorded.TryRemove(claimed.ClaimId, out _);
        }
    }

    /// <summary>Null when the two could not go together: the record then goes alone, and the next claim is made from a fresh head.</summary>
    private async Task<Recorded?> RecordWithClaimAsync(
        ClaimedMessage claimed, SendOutcome outcome, OutcomeArrow arrow, PreparedClaim next, CancellationToken work)
    {
        // A lost reply is decided by the claim, which nobody else can have written: a receipt may have made the message look recorded.
        var together = new CommitMember(
            [.. arrow.Writes, next.Write], Purpose, next.Head.Path, next.IsShownBy);
        switch (await commits.CommitAsync(together, work).KillPoint())
        {
            case CommitOutcome.Committed committed:
                metrics.Recorded(outcome, claimed);
                return new Recorded(arrow.State, default, next.Held(committed.UpdateTimes[^1]!.Value));
#if MUTATION_RideAlone
            case CommitOutcome.Refused when await commits.CommitAsync(new CommitMember([next.Write], Purpose, next.Head.Path, next.IsShownBy), work) is CommitOutcome.Committed alone:
                await RecordAloneAsync(claimed, outcome, work);
                return new Recorded(arrow.State, default, next.Held(alone.UpdateTimes[0]!.Value));
#endif
            case CommitOutcome.Lost:
                late.Remember(next.Head.RequestId, next.ClaimId, next.Started);
                return null;
            default:
                return null;
        }
    }

    private async Task<Recorded> RecordAloneAsync(ClaimedMessage claimed, SendOutcome outcome, CancellationToken work)
    {
        var message = claimed.Message;
        var threadShowsIt = true;
        for (var attempt = 1; ; attempt++)
        {
            var arrow = Arrow(message, outcome);
            var result = await commits.CommitAsync(
                new CommitMember(
                    threadShowsIt ? arrow.Writes : [arrow.Writes[0]],
                    Purpose,
                    message.Path,
                    stored => stored is not null && arrow.IsShownBy(OutboxDocument.Read(stored), claimed, outcome)),
                work).KillPoint();
            if (result is CommitOutcome.Committed)
            {
                metrics.Recorded(outcome, claimed);
                return new Recorded(arrow.State, arrow.DueIn, null);
            }

            if (result is CommitOutcome.Refused { Status: FirestoreStatus.FailedPrecondition or FirestoreStatus.NotFound }
                && await ReadAgainAsync(claimed, work).KillPoint() is { } read)
            {
                if (await ClaimChain.ParkBrokenAsync(claimed, outcome, read.Message, guard, metrics, work).KillPoint() is { } parked)
                {
                    return parked;
                }

                if (OutOfDate(claimed, outcome, read.Message) is { } recorded)
                {
                    return recorded;
                }

                // The fence holds, so it is the thread's copy that is missing: go on without it, never create a ghost.
                threadShowsIt &= read.Message!.UpdateTime != message.UpdateTime;
                message = read.Message;
                continue;
            }

            if (result is CommitOutcome.Refused { Status: FirestoreStatus.InvalidArgument })
            {
                if (!threadShowsIt)
                {
                    // Refused for good: trying for ever would stop this whole worker. The rescue finds it, and a person.
                    logger.OutcomeRefused(claimed.Message.RequestId);
                    metrics.OutcomeDropped();
                    return new Recorded(OutboxStatus.Processing, default, null);
                }

                threadShowsIt = false;
                continue;
            }

            logger.OutcomeNotStored(claimed.Message.RequestId, attempt);
            await Pause.ForAsync(RetrySchedule.Next(attempt, _options.RetryBase, _options.RetryCap, chance.NextDouble()), time, work).KillPoint();
            work.ThrowIfCancellationRequested();
        }
    }

    /// <summary>
    /// The fence no longer held: somebody decided about this message meanwhile. An acceptance is true whatever they
    /// thought; a definite refusal still settles the doubt about this very claim; anything else is out of date.
    /// </summary>
    /// <returns>Null when the outcome must be recorded under the update time just read.</returns>
    private Recorded? OutOfDate(ClaimedMessage claimed, SendOutcome outcome, OutboxDocument? now)
    {
        if (now is not null && (now.UpdateTime == claimed.Fence || StillTrue(claimed, outcome, now)))
        {
            return null;
        }

        if (now is not { Status: OutboxStatus.Sent })
        {
            metrics.OutcomeDropped();
        }

        return new Recorded(now?.Status, default, null);
    }

    private bool StillTrue(ClaimedMessage claimed, SendOutcome outcome, OutboxDocument now)
    {
        if (outcome is SendOutcome.Accepted accepted && OutboxAssertions.IsSecondId(now, accepted.ProviderMessageId))
        {
            guard.Report(OutboxAssertions.ProviderId, now.RequestId);
            metrics.DuplicateAccepted();
            logger.DuplicateAccepted(now.RequestId);
            return true;
        }

        return outcome switch
        {
            SendOutcome.Accepted => now.Status != OutboxStatus.Sent,

            // A definite refusal, or knowing that nothing left, settles the doubt about this very claim.
            SendOutcome.Rejected or SendOutcome.RetryLater or SendOutcome.Deferred => now is { Status: OutboxStatus.Uncertain, IsParked: false } && now.ClaimId == claimed.ClaimId,
            _ => false,
        };
    }

    private async Task<Read?> ReadAgainAsync(ClaimedMessage claimed, CancellationToken work)
    {
        try
        {
            var path = claimed.Message.Path;
            var stored = (await firestore.GetAsync([path], Purpose, work).KillPoint()).Find(path);
            return new Read(stored is null ? null : OutboxDocument.Read(stored));
        }
        catch (FirestoreException exception)
        {
            logger.StoreUnreachable("record", exception.Message);
            return null;
        }
    }

    private OutcomeArrow Arrow(OutboxDocument message, SendOutcome outcome) => OutcomeArrow.For(message, outcome, _options, clock.Now);

    private sealed record Read(OutboxDocument? Message);
}
