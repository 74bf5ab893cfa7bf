using System.Globalization;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts;

/// <summary>Asks an account's owner for a code, from any worker: the wish is written into the account, and a signal says so.</summary>
public sealed class PairRequests(IFirestore firestore, AccountSignal signal, Random chance)
{
    private const string Purpose = "pair-request";

    /// <summary>What a new request takes back: whatever had ended the session before, and a code of old.</summary>
    public static readonly IReadOnlyList<string> Cleared =
        [AccountFields.SessionStopped, AccountFields.ReplacedBy, AccountFields.LogOutWanted, AccountFields.QrText, AccountFields.QrExpiresAt, AccountFields.PairingCode];

    /// <summary>A request of its own, to be written into the account with <see cref="AccountFields.PairRequestedAt"/>.</summary>
    /// <param name="phone">For a code to type instead of one to scan.</param>
    /// <param name="fresh">Whatever keys there are go first.</param>
    public DocumentFields Wish(string? phone, bool fresh) => new()
    {
        [AccountFields.PairRequest] = FirestoreValue.From(new DocumentFields
        {
            ["id"] = chance.NextInt64().ToString("x16", CultureInfo.InvariantCulture),
            ["phone"] = phone is null ? FirestoreValue.Null : new string([.. phone.Where(char.IsAsciiDigit)]),
            ["fresh"] = fresh,
        }),
    };

    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<PauseResult> AskAsync(string accountId, string? phone, bool fresh, CancellationToken cancellationToken)
    {
        if (!DocumentId.IsLawful(accountId))
        {
            return PauseResult.NotFound;
        }

        var write = DocumentWrite.Update(
            FirestorePaths.Account(accountId), Precondition.Present, Wish(phone, fresh), Cleared,
            FieldTransform.RequestTime(AccountFields.PairRequestedAt), FieldTransform.RequestTime(AccountFields.UpdatedAt));
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
