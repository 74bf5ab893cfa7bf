using System.Globalization;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts;

/// <summary>Asks an account's owner for older messages, from any worker: the wish is written into the account, and a signal says so.</summary>
public sealed class HistoryRequests(IFirestore firestore, AccountSignal signal, Random chance)
{
    private const string Purpose = "history-request";

    /// <summary>A request of its own, to be written into the account: what its owner looks for.</summary>
    public DocumentFields Wish(int threads = HistoryRequest.ThreadsUsual, int messages = HistoryRequest.MessagesMax) => new()
    {
        [AccountFields.HistoryRequest] = FirestoreValue.From(new DocumentFields
        {
            ["id"] = chance.NextInt64().ToString("x16", CultureInfo.InvariantCulture),
            ["threads"] = (long)Math.Clamp(threads, 1, HistoryRequest.ThreadsMax),
            ["messages"] = (long)Math.Clamp(messages, 1, HistoryRequest.MessagesMax),
        }),
    };

    /// <summary>The messages come later, through the same door as every other; <c>lastBackfillAt</c> and <c>lastBackfillResult</c> say what was asked for.</summary>
    /// <param name="accountId">A Baileys account.</param>
    /// <param name="threads">Of how many conversations, the latest first; at most 100.</param>
    /// <param name="messages">How many of each; at most 50.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<PauseResult> RequestHistoryAsync(string accountId, int threads, int messages, CancellationToken cancellationToken)
    {
        if (!DocumentId.IsLawful(accountId))
        {
            return PauseResult.NotFound;
        }

        var write = DocumentWrite.Update(
            FirestorePaths.Account(accountId), Precondition.Present, Wish(threads, messages), deleted: null, FieldTransform.RequestTime(AccountFields.UpdatedAt));
        var outcome = await firestore.CommitAsync([write], Purpose, cancellationToken);
        await signal.AnnounceAsync(accountId);
        return outcome switch
        {
            CommitOutcome.Committed => PauseResult.Done,
            CommitOutcome.Refused { Status: FirestoreStatus.NotFound or FirestoreStatus.FailedPrecondition } => PauseResult.NotFound,
            _ => PauseResult.Conflict,
        };
    }
}
