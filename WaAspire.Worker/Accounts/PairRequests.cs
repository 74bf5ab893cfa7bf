using System.Globalization;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts;

/// <summary>Asks an account's owner for a code, from any worker: the wish is written into the account, and a signal says so.</summary>
public sealed class PairRequests(IFirestore firestore, AccountSignal signal, Random chance)
{
    private const string Purpose = "pair-request";

    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<PauseResult> AskAsync(string accountId, string? phone, bool fresh, CancellationToken cancellationToken)
    {
        if (!DocumentId.IsLawful(accountId))
        {
            return PauseResult.NotFound;
        }

        var request = new DocumentFields
        {
            ["id"] = chance.NextInt64().ToString("x16", CultureInfo.InvariantCulture),
            ["phone"] = phone is null ? FirestoreValue.Null : new string([.. phone.Where(char.IsAsciiDigit)]),
            ["fresh"] = fresh,
        };
        var write = DocumentWrite.Update(
            FirestorePaths.Account(accountId), Precondition.Present, new DocumentFields { [AccountFields.PairRequest] = FirestoreValue.From(request) },
            deleted: null, FieldTransform.RequestTime(AccountFields.UpdatedAt));
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
