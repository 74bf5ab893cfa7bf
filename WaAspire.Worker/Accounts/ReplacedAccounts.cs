using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// A number has one account. When a session comes up whose number another account has, that one is retired: it is shown
/// <c>disconnected</c>, <c>replaced_by_new_session</c>, and its owner takes its device off the phone. Until a person asks for a
/// code for it, it stays so. If we die in between, the next connect retires it.
/// </summary>
public sealed class ReplacedAccounts(IFirestore firestore, AccountSignal signal)
{
    private const string Purpose = "account-replaced";
    private const string Reason = "replaced_by_new_session";
    private const int Limit = 20;

    /// <param name="accountId">Whose session has come up.</param>
    /// <param name="phone">Digits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task RetireOthersAsync(string accountId, string phone, CancellationToken cancellationToken)
    {
        var spellings = FieldFilter.In(AccountFields.PhoneE164, [phone, "+" + phone]);
        var read = await firestore.QueryAsync(new DocumentQuery(FirestorePaths.Accounts) { Where = [spellings], Limit = Limit }, Purpose, cancellationToken);
        foreach (var other in read.Documents.Where(other => other.Id != accountId && Account.Read(other) is { WantsSession: true }))
        {
            // Refused or lost: somebody else is at it, and it can wait for the next connect.
            if (await firestore.CommitAsync([Retire(other, accountId)], Purpose, cancellationToken) is CommitOutcome.Committed)
            {
                await signal.AnnounceAsync(other.Id);
            }
        }
    }

    public static DocumentWrite Retire(StoredDocument other, string by) => DocumentWrite.Update(
        other.Path,
        Precondition.UnchangedSince(other.UpdateTime),
        new DocumentFields
        {
            [AccountFields.Status] = AccountFields.Disconnected,
            [AccountFields.LastDisconnectReason] = Reason,
            [AccountFields.ReplacedBy] = by,
            [AccountFields.LogOutWanted] = true,
        },
        [AccountFields.QrText, AccountFields.QrExpiresAt, AccountFields.PairingCode, AccountFields.PairRequest],
        FieldTransform.RequestTime(AccountFields.LastDisconnectedAt), FieldTransform.RequestTime(AccountFields.UpdatedAt));
}
