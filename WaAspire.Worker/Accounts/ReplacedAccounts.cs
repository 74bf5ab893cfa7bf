using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// A number has one account. When a session comes up whose number another account has, that one is retired: it is shown
/// <c>disconnected</c>, <c>replaced_by_new_session</c>, and its owner takes its device off the phone. Until a person asks for a
/// code for it, it stays so. Of two that come up at once one remains: each needs the other's document, and its own, as it
/// read them. If we die in between, the next connect retires it.
/// </summary>
public sealed class ReplacedAccounts(IFirestore firestore, AccountSignal signal)
{
    private const string Purpose = "account-replaced";
    private const string Reason = "replaced_by_new_session";
    private const int Limit = 20;
    private const int Rounds = 3;

    /// <param name="accountId">Whose session has come up.</param>
    /// <param name="phone">Digits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task RetireOthersAsync(string accountId, string phone, CancellationToken cancellationToken)
    {
        var spellings = FieldFilter.In(AccountFields.PhoneE164, [phone, "+" + phone]);
        for (var round = 0; round < Rounds; round++)
        {
            var read = await firestore.QueryAsync(new DocumentQuery(FirestorePaths.Accounts) { Where = [spellings], Limit = Limit }, Purpose, cancellationToken);
            var known = read.Documents.Where(account => Account.Read(account).WantsSession).ToList();
            var others = known.Where(account => account.Id != accountId).ToList();
            if (others.Count == 0 || known.Find(account => account.Id == accountId) is not { } own)
            {
                return;
            }

            DocumentWrite[] writes = [.. others.Select(other => Retire(other, accountId)), Touch(own)];
            if (await firestore.CommitAsync(writes, Purpose, cancellationToken) is CommitOutcome.Committed)
            {
                await Task.WhenAll(others.Select(other => signal.AnnounceAsync(other.Id)));
                return;
            }

            // Refused or lost: read again. If it stays so, somebody else is at it, and it can wait for the next connect.
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

    private static DocumentWrite Touch(StoredDocument own) =>
        DocumentWrite.Update(own.Path, Precondition.UnchangedSince(own.UpdateTime), [], null, FieldTransform.RequestTime(AccountFields.UpdatedAt));
}
