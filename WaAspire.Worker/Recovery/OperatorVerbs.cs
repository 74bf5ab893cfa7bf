using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Recovery;

/// <summary>What became of an operator's verb.</summary>
public enum VerbResult
{
    Done,
    NotFound,

    /// <summary>The message is not in a state from which this verb leads anywhere.</summary>
    WrongState,

    /// <summary>Somebody changed the message at the same time, or the store gave no answer: look again.</summary>
    Conflict,
}

/// <summary>
/// What a person may decide: resend, fail or release a message in doubt, replay a dead letter. Each is one fenced write,
/// after which the lane is woken; a wake that gets lost is found by the sweep or by the next look at the doubt.
/// </summary>
public sealed class OperatorVerbs(IFirestore firestore, CommitBatcher commits, ServerClock clock, ILanes lanes, UndeliveredMessages undelivered)
{
    private const string Purpose = "operator";

    public Task<(VerbResult Result, OutboxStatus? Status)> ResendAsync(string requestId, CancellationToken cancellationToken) =>
        ChangeAsync(requestId, OutboxStatus.Uncertain, OutboxTransitions.Resend, cancellationToken);

    public Task<(VerbResult Result, OutboxStatus? Status)> FailAsync(string requestId, CancellationToken cancellationToken) =>
        ChangeAsync(
            requestId,
            OutboxStatus.Uncertain,
            message => OutboxTransitions.Failed(message, new SendFault("operator", "Given up by an operator", true), clock.Now),
            cancellationToken);

    public Task<(VerbResult Result, OutboxStatus? Status)> ReleaseAsync(string requestId, CancellationToken cancellationToken) =>
        ChangeAsync(requestId, OutboxStatus.Uncertain, OutboxTransitions.Release, cancellationToken);

    /// <summary>A dead letter goes out again as itself; one that WhatsApp accepted and could not deliver, as a new message.</summary>
    public async Task<(VerbResult Result, OutboxStatus? Status)> ReplayAsync(string requestId, CancellationToken cancellationToken) =>
        await undelivered.ReplayAsync(requestId, cancellationToken)
        ?? await ChangeAsync(requestId, OutboxStatus.Failed, OutboxTransitions.Replay, cancellationToken);

    private async Task<(VerbResult Result, OutboxStatus? Status)> ChangeAsync(
        string requestId, OutboxStatus from, Func<OutboxDocument, IReadOnlyList<DocumentWrite>> change, CancellationToken cancellationToken)
    {
        var path = FirestorePaths.OutboxMessage(requestId);
        if (!DocumentId.IsLawful(requestId) || (await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path) is not { } stored)
        {
            return (VerbResult.NotFound, null);
        }

        var message = OutboxDocument.Read(stored);
        if (message.Status != from || message.Schema is null)
        {
            return (VerbResult.WrongState, message.Status);
        }

        var writes = change(message);
        var outcome = await commits.CommitAsync(new CommitMember(writes, Purpose, path, _ => false), cancellationToken);
        if (outcome is CommitOutcome.Refused { Status: FirestoreStatus.NotFound } && writes.Count > 1)
        {
            // The copy in the thread is gone: a person can decide all the same.
            outcome = await commits.CommitAsync(new CommitMember([writes[0]], Purpose, path, _ => false), cancellationToken);
        }

        if (outcome is not CommitOutcome.Committed)
        {
            return (VerbResult.Conflict, message.Status);
        }

        await lanes.UnblockAsync(message.Lane);
        return (VerbResult.Done, message.Status);
    }
}
