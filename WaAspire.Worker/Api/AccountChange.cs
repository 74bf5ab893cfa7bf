using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Api;

/// <summary>What is to become of an account as it was just read.</summary>
/// <param name="Answer">For whoever asked, once it is so.</param>
/// <param name="Fields">To write; null: nothing, it is so already.</param>
internal sealed record AccountStep(IResult Answer, DocumentFields? Fields = null)
{
    public IReadOnlyList<string> Deleted { get; init; } = [];

    /// <summary>Fields that take the server's time.</summary>
    public IReadOnlyList<string> Times { get; init; } = [];

    /// <summary>In the same commit.</summary>
    public IReadOnlyList<DocumentWrite> Also { get; init; } = [];
}

/// <summary>
/// Changes what should be of an account, from any worker: one write under the update time that it was decided on, and a signal
/// to the account's owner, who makes it so. If we die after the write, the owner finds it when it reads all accounts again; if
/// before, the client repeats it. Two who ask at once are decided one after the other.
/// </summary>
internal sealed class AccountChange(IFirestore firestore, AccountSignal signal, AccountDirectory accounts)
{
    private const string Purpose = "account-desk";
    private const int Rounds = 5;

    public static IResult NotFound => OperatorApi.Refuse(404, "account_not_found", "There is no such account.");

    public static IResult Conflict => OperatorApi.Refuse(409, "conflict", "The account changed at the same time. Try again.");

    /// <param name="accountId">Which; one that is not there, or deleted, is answered 404.</param>
    /// <param name="decide">On the account and the time at which it was read.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<IResult> MakeAsync(string accountId, Func<StoredDocument, DateTimeOffset, AccountStep> decide, CancellationToken cancellationToken)
    {
        if (!DocumentId.IsLawful(accountId))
        {
            return NotFound;
        }

        var path = FirestorePaths.Account(accountId);
        for (var round = 0; round < Rounds; round++)
        {
            var read = await firestore.GetAsync([path], Purpose, cancellationToken);
            if (read.Find(path) is not { } account)
            {
                return NotFound;
            }

            var step = decide(account, read.ReadTime);
            if (step.Fields is not { } fields)
            {
                return step.Answer;
            }

            FieldTransform[] times = [.. step.Times.Append(AccountFields.UpdatedAt).Select(FieldTransform.RequestTime)];
            if (await CommitAsync([DocumentWrite.Update(path, Precondition.UnchangedSince(account.UpdateTime), fields, step.Deleted, times), .. step.Also], [accountId], cancellationToken))
            {
                return step.Answer;
            }

            // Refused: somebody wrote in between, decide again. Lost: the next round sees what was applied.
        }

        return Conflict;
    }

    /// <summary>True when it is applied. All whom it concerns are told, whatever became of it.</summary>
    public async Task<bool> CommitAsync(IReadOnlyList<DocumentWrite> writes, IReadOnlyList<string> accountIds, CancellationToken cancellationToken)
    {
        var outcome = await firestore.CommitAsync(writes, Purpose, cancellationToken);
        if (outcome is CommitOutcome.Refused { Status: not (FirestoreStatus.FailedPrecondition or FirestoreStatus.AlreadyExists or FirestoreStatus.NotFound or FirestoreStatus.Aborted) } refused)
        {
            throw new FirestoreException(refused.Status, refused.Message);
        }

        foreach (var accountId in outcome is CommitOutcome.Refused ? [] : accountIds)
        {
            // The signal that tells all workers needs Redis; this one can do without.
            await signal.AnnounceAsync(accountId);
            await accounts.ReadAsync(accountId, cancellationToken);
        }

        return outcome is CommitOutcome.Committed;
    }
}
