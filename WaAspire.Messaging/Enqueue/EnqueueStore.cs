using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;

namespace WaAspire.Messaging.Enqueue;

/// <summary>
/// Accepts a message durably. What enters is a lawful request of an employee or of a service; what leaves is the message in the outbox,
/// exactly once for its request id, or a refusal. A thread that points to another one means that one: its people decide who writes. If we die after the commit, the message is there and the client's repeat
/// finds it; if we die before, nothing is.
/// </summary>
public sealed class EnqueueStore(
    DocumentGatherer documents, ThreadPredecessors predecessors, CommitBatcher commits, ServerClock clock, Random chance, TimeProvider time, IOptions<SendOptions> options)
{
    private const string ThreadPurpose = "send-thread";
    private const string CommitPurpose = "send-enqueue";
    private const string StoredPurpose = "send-stored";

    private readonly SendOptions _options = options.Value;

    /// <summary>Cancellation counts until the message is in a batch; then the outcome is waited for.</summary>
    /// <exception cref="FirestoreException">The store is out, and nothing is known to be stored.</exception>
    public async Task<EnqueueOutcome> EnqueueAsync(SendRequest asked, Sender sender, CancellationToken cancellationToken)
    {
        // By the thread that was named: a repeat is known as one, even if the thread points elsewhere by now.
        var requestId = RequestId.Of(asked.ThreadId, sender.Uid, asked.ClientMessageId);
        var enqueueId = chance.NextInt64().ToString("x16") + chance.NextInt64().ToString("x16");
        var begun = time.GetTimestamp();
        for (var decision = 0; decision < _options.DecisionsMax && time.GetElapsedTime(begun) < _options.DecideWithin; decision++)
        {
            var (threadId, thread) = await ThreadRedirects.FollowAsync(documents, asked.AccountId, asked.ThreadId, ThreadPurpose, cancellationToken);
            var request = asked with { ThreadId = threadId };
            var refusal = thread is not null ? SendPolicy.Refuse(thread, request, sender) : BeginsThread(request, sender) ? null : SendRefusal.ThreadNotFound;
            if (refusal is { } reason)
                return new EnqueueOutcome.Refused(reason);
            // A repeat that comes too late for its own times was accepted while they were lawful.
            if (request.Times.ProblemAt(clock.Now, _options.ScheduleAheadMax) is { } problem)
                return await FindStoredAsync(request, requestId, enqueueId, cancellationToken) ?? new EnqueueOutcome.Unlawful(problem);
            var behind = thread is null ? [] : await predecessors.StillSendingAsync(thread, cancellationToken);
            if (await TryCommitAsync(request, thread, behind, sender, requestId, enqueueId, cancellationToken) is { } outcome)
                return outcome;
        }
        return new EnqueueOutcome.Unavailable();
    }

    /// <summary>Null when the decision has to be made again: a race was lost, or a reply that may yet land.</summary>
    private async Task<EnqueueOutcome?> TryCommitAsync(
        SendRequest request, StoredDocument? thread, IReadOnlyList<string> behind, Sender sender, string requestId, string enqueueId, CancellationToken cancellationToken)
    {
        var member = new CommitMember(
            EnqueueWrites.Of(request, thread, behind, sender, requestId, enqueueId, clock.Now),
            CommitPurpose,
            FirestorePaths.OutboxMessage(requestId),
            stored => IsOurs(stored, enqueueId));
        switch (await commits.CommitAsync(member, cancellationToken))
        {
            case CommitOutcome.Committed committed:
                return new EnqueueOutcome.Stored(requestId, request.ThreadId, IsDuplicate: false)
                {
                    DueIn = request.Times.ScheduledAfter(clock.Now) - clock.Now ?? TimeSpan.Zero,
                    CommittedAt = committed.CommitTime,
                };
            case CommitOutcome.Refused { Status: FirestoreStatus.AlreadyExists }:
                return await FindStoredAsync(request, requestId, enqueueId, cancellationToken);
            case CommitOutcome.Refused { Status: FirestoreStatus.FailedPrecondition or FirestoreStatus.NotFound or FirestoreStatus.Aborted }:
                return null;
            // The create's own precondition makes a second try harmless, should the first one still arrive.
            case CommitOutcome.Lost:
                return null;
            case CommitOutcome.Refused refused:
                throw new FirestoreException(refused.Status, $"{CommitPurpose}: {refused.Message}");
            default:
                throw new InvalidOperationException("An outcome of an unknown kind.");
        }
    }

    /// <summary>It may be an earlier commit of this very request whose reply was lost: that is not a duplicate.</summary>
    private async Task<EnqueueOutcome?> FindStoredAsync(SendRequest request, string requestId, string enqueueId, CancellationToken cancellationToken)
    {
        var stored = await documents.GetAsync(FirestorePaths.OutboxMessage(requestId), StoredPurpose, cancellationToken);
        return stored is null
            ? null
            : new EnqueueOutcome.Stored(requestId, stored.Fields.Text(OutboxFields.ThreadId) ?? request.ThreadId, IsDuplicate: !IsOurs(stored, enqueueId));
    }

    /// <summary>Under its canonical id only: any other one may be an alias that nobody has met yet.</summary>
    private static bool BeginsThread(SendRequest request, Sender sender) => sender.IsService && request.ThreadId == ThreadId.Of(request.AccountId, request.To);

    private static bool IsOurs(StoredDocument? stored, string enqueueId) => stored?.Fields.Text(OutboxFields.EnqueueId) == enqueueId;
}

/// <summary>A closed set: stored (now or before), or not, and why.</summary>
public abstract record EnqueueOutcome
{
    private EnqueueOutcome()
    {
    }

    /// <param name="RequestId">Its id.</param>
    /// <param name="ThreadId">Where it lies: not the thread that was named, if that one points to another.</param>
    /// <param name="IsDuplicate">An earlier request stored it.</param>
    public sealed record Stored(string RequestId, string ThreadId, bool IsDuplicate) : EnqueueOutcome
    {
        /// <summary>How long it has to wait for its time.</summary>
        public TimeSpan DueIn { get; init; }

        /// <summary>Null where an earlier request stored it.</summary>
        public DateTimeOffset? CommittedAt { get; init; }
    }

    public sealed record Refused(SendRefusal Reason) : EnqueueOutcome;

    /// <summary>Its times are wrong by the server's clock.</summary>
    public sealed record Unlawful(string Problem) : EnqueueOutcome;

    /// <summary>Others changed the thread again and again, or no reply came: nothing is known to be stored.</summary>
    public sealed record Unavailable : EnqueueOutcome;
}
