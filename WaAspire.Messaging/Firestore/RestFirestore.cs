using System.Text.Json;

namespace WaAspire.Messaging.Firestore;

/// <summary>
/// Firestore over REST v1. Calls enter with a purpose; documents, or the outcome of a commit, leave. If we die while a
/// commit is on its way it may still be applied: that is what <see cref="CommitOutcome.Lost"/> says, and why every commit
/// carries something of its own (a claim id, an enqueue id) by which it is known again.
/// </summary>
internal sealed partial class RestFirestore(
    FirestoreTransport transport, FirestoreOptions options, RetryPause pause, ServerClock clock, FirestoreCost cost, TimeProvider time)
    : IFirestore
{
    public async Task<CommitOutcome> CommitAsync(IReadOnlyList<DocumentWrite> writes, string purpose, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(writes.Count);
        var body = WireRequest.Commit(options.Documents, writes);
        using var timeout = new CancellationTokenSource(options.CommitTimeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        cancellationToken.ThrowIfCancellationRequested();
        for (var attempt = 0; ; attempt++)
        {
            var outcome = OutcomeOf(await CommitOnceAsync(body, writes, purpose, deadline.Token));
            if (outcome is not CommitOutcome.Refused { Status: FirestoreStatus.Unavailable or FirestoreStatus.ResourceExhausted })
                return outcome;
            var inTime = await pause.WaitAsync(attempt, deadline.Token);
            // Only here may the caller's own cancellation speak: nothing was applied.
            cancellationToken.ThrowIfCancellationRequested();
            if (!inTime)
                return outcome;
        }
    }

    private async Task<Reply<CommitOutcome.Committed>> CommitOnceAsync(
        byte[] body, IReadOnlyList<DocumentWrite> writes, string purpose, CancellationToken deadline)
    {
        var reply = await transport.PostAsync(
            $"{options.Documents}:commit", body, (JsonElement json) => WireReply.Committed(json, writes.Count), deadline);
        cost.Rpc(reply, purpose);
        if (reply is Reply<CommitOutcome.Committed>.Answer committed)
        {
            clock.Observe(committed.Value.CommitTime);
            cost.Writes(purpose, writes);
        }
        return reply;
    }

    private static CommitOutcome OutcomeOf(Reply<CommitOutcome.Committed> reply) => reply switch
    {
        Reply<CommitOutcome.Committed>.Answer answer => answer.Value,
        Reply<CommitOutcome.Committed>.NotSent notSent => new CommitOutcome.Refused(FirestoreStatus.Unavailable, notSent.Reason),
        Reply<CommitOutcome.Committed>.Broken broken => new CommitOutcome.Lost(broken.Reason),
        Reply<CommitOutcome.Committed>.Error error when LeavesDoubt(error.Status) => new CommitOutcome.Lost($"{error.Status}: {error.Message}"),
        Reply<CommitOutcome.Committed>.Error error => new CommitOutcome.Refused(error.Status, error.Message),
        _ => throw new InvalidOperationException("A reply of an unknown kind."),
    };

    // These names are also what a front end says when the back end has gone on with the commit.
    private static bool LeavesDoubt(FirestoreStatus status) => status
        is FirestoreStatus.Unavailable or FirestoreStatus.DeadlineExceeded or FirestoreStatus.Internal
        or FirestoreStatus.Unknown or FirestoreStatus.Cancelled or FirestoreStatus.DataLoss;
}
