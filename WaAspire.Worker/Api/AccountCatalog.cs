using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Accounts;

namespace WaAspire.Worker.Api;

/// <summary>All accounts as Firestore has them now: the fleet's, whichever worker is asked. As many reads as accounts.</summary>
internal sealed class AccountCatalog(IFirestore firestore, IOptions<AccountOptions> options)
{
    private const string Purpose = "account-list";
    private const int Limit = 1000;

    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<CatalogRead> ReadAsync(CancellationToken cancellationToken)
    {
        var read = await firestore.QueryAsync(new DocumentQuery(FirestorePaths.Accounts) { Limit = Limit }, Purpose, cancellationToken);
        return new CatalogRead(read.Documents, read.ReadTime, options.Value.Namespace);
    }

    /// <summary>
    /// Asked before the accounts are counted: a write that is refused when another account has been added since. With it two who
    /// add the last one at the same time do not both find room.
    /// </summary>
    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<DocumentWrite> TurnAsync(CancellationToken cancellationToken)
    {
        var stored = (await firestore.GetAsync([FirestorePaths.AccountsCounted], Purpose, cancellationToken)).Find(FirestorePaths.AccountsCounted);
        var at = FieldTransform.RequestTime(AccountFields.UpdatedAt);
        return stored is null
            ? DocumentWrite.Create(FirestorePaths.AccountsCounted, [], at)
            : DocumentWrite.Update(FirestorePaths.AccountsCounted, Precondition.UnchangedSince(stored.UpdateTime), [], deleted: null, at);
    }

    /// <summary>Null when there is none, or it is deleted.</summary>
    public async Task<(StoredDocument Account, DateTimeOffset ReadTime)?> FindAsync(string accountId, CancellationToken cancellationToken)
    {
        if (!DocumentId.IsLawful(accountId))
        {
            return null;
        }

        var path = FirestorePaths.Account(accountId);
        var read = await firestore.GetAsync([path], Purpose, cancellationToken);
        return read.Find(path) is { } account && !CatalogRead.IsDeleted(account) ? (account, read.ReadTime) : null;
    }
}

/// <param name="All">Deleted ones too: their ids may come back.</param>
/// <param name="ReadTime">The server's.</param>
/// <param name="Namespace">Under which new ids are made.</param>
internal sealed record CatalogRead(IReadOnlyList<StoredDocument> All, DateTimeOffset ReadTime, string Namespace)
{
    public IEnumerable<StoredDocument> Living => All.Where(account => !IsDeleted(account));

    public static bool IsDeleted(StoredDocument account) => account.Fields.Text(AccountFields.Status) == AccountFields.Deleted;

    /// <summary>Whoever has this number by its digits, or the id that is made of it; the one to go on with first.</summary>
    public IReadOnlyList<StoredDocument> OfPhone(string canonicalPhone)
    {
        var ids = AccountId.Spellings(Namespace, canonicalPhone).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. All.Where(account => AccountId.CanonicalPhone(AccountView.PhoneOf(account.Fields)) is { } phone ? phone == canonicalPhone : ids.Contains(account.Id))
                .OrderBy(IsDeleted)
                .ThenBy(account => account.Fields.Text(AccountFields.ReplacedBy) is not null)
                .ThenByDescending(account => account.Fields.Text(AccountFields.Status) == AccountFields.Connected)
                .ThenByDescending(account => account.CreateTime)
                .ThenBy(account => account.Id, StringComparer.Ordinal),
        ];
    }

    public StoredDocument? OfNumberId(string phoneNumberId) =>
        All.Where(account => account.Fields.Text(AccountFields.PhoneNumberId) == phoneNumberId).OrderBy(IsDeleted).ThenByDescending(account => account.CreateTime).FirstOrDefault();
}
