using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;

namespace WaAspire.Worker.Recovery;

/// <summary>What became of an operator's verb.</summary>
public enum VerbResult
{
    Done,
    NotFound,

    /// <summary>The message is not in a state from which this verb leads anywhere.</summary>
    WrongState,

    /// <summary>It left doubt without proof: whoever sends it again must say that it did not arrive.</summary>
    OutcomeUnknown,

    /// <summary>It expired, so that it would never be sent.</summary>
    Expired,

    /// <summary>Somebody changed the message at the same time, or the store gave no answer: look again.</summary>
    Conflict,
}

/// <summary>
/// What a person may decide: resend, fail or release a message in doubt, replay a dead letter, withdraw what still waits. Each is
/// one fenced write, after which the lane is woken; a wake that gets lost is found by the sweep or by the next look at the doubt.
/// </summary>
public sealed class OperatorVerbs(IFirestore firestore, CommitBatcher commits, OutboxGuard guard, ServerClock clock, ILanes lanes, UndeliveredMessages undelivered)
{
    private const string Purpose = "operator";
    private const string Withdrawer = "operator";
    private static readonly SendFault _givenUp = new("operator", "Given up by an operator", true);

    public Task<(VerbResult Result, OutboxStatus? Status)> ResendAsync(string requestId, CancellationToken cancellationToken) =>
        ChangeAsync(requestId, OutboxStatus.Uncertain, Lateness, OutboxTransitions.Resend, cancellationToken);

    public Task<(VerbResult Result, OutboxStatus? Status)> FailAsync(string requestId, CancellationToken cancellationToken) =>
        ChangeAsync(requestId, OutboxStatus.Uncertain, _ => null, message => OutboxTransitions.GiveUp(message, _givenUp, clock.Now), cancellationToken);

    public Task<(VerbResult Result, OutboxStatus? Status)> ReleaseAsync(string requestId, CancellationToken cancellationToken) =>
        ChangeAsync(requestId, OutboxStatus.Uncertain, _ => null, OutboxTransitions.Release, cancellationToken);

    /// <summary>In the place of whoever sent it; who asked for it stands in the audit.</summary>
    public Task<(VerbResult Result, OutboxStatus? Status)> CancelAsync(string requestId, CancellationToken cancellationToken) =>
        ChangeAsync(requestId, OutboxStatus.Queued, _ => null, message => OutboxTransitions.Cancel(message, Withdrawer), cancellationToken);

    /// <summary>A dead letter goes out again as itself; one that WhatsApp accepted and could not deliver, as a new message.</summary>
    /// <param name="requestId">Of the dead letter.</param>
    /// <param name="confirmedNotSent">Somebody has looked at the phone: needed where the message left doubt without proof, or has an id of WhatsApp's all the same.</param>
    /// <param name="cancellationToken">Ends the call; the change is made or not.</param>
    public async Task<(VerbResult Result, OutboxStatus? Status)> ReplayAsync(string requestId, bool confirmedNotSent, CancellationToken cancellationToken) =>
        await undelivered.ReplayAsync(requestId, cancellationToken)
        ?? await ChangeAsync(
            requestId,
            OutboxStatus.Failed,
            message => (message.OutcomeUnknown || message.ProviderMessageId is not null) && !confirmedNotSent ? VerbResult.OutcomeUnknown : Lateness(message),
            OutboxTransitions.Replay,
            cancellationToken);

    private async Task<(VerbResult Result, OutboxStatus? Status)> ChangeAsync(
        string requestId,
        OutboxStatus from,
        Func<OutboxDocument, VerbResult?> objection,
        Func<OutboxDocument, IReadOnlyList<DocumentWrite>> change,
        CancellationToken cancellationToken)
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

        if (OutboxAssertions.Violated(message) is { } violated)
        {
            // Nothing has looked at it yet. What is parked, every verb but cancel may end: whoever asks again has seen it.
            await guard.ParkAsync(message, violated, cancellationToken);
            return (VerbResult.Conflict, message.Status);
        }

        if (objection(message) is { } refused)
        {
            return (refused, message.Status);
        }

        var outcome = await commits.TakeAsync(message, change(message), Purpose, cancellationToken);
        if (outcome is not CommitOutcome.Refused)
        {
            // Also when the reply is lost: the change may have been made, and nobody else would wake the lane for it.
            await lanes.UnblockAsync(message.Lane);
        }

        return (outcome is CommitOutcome.Committed ? VerbResult.Done : VerbResult.Conflict, message.Status);
    }

    /// <summary>Queued again, it would only expire.</summary>
    private VerbResult? Lateness(OutboxDocument message) => message.HasExpired(clock.Now) ? VerbResult.Expired : null;
}
