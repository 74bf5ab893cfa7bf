using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Api;

/// <summary>
/// Adds accounts: of Baileys by a name and a phone number, of the Cloud API by a phone number id and an access token that Meta has
/// just accepted. A number that has an account keeps it, and its id, whatever its spelling; a deleted one comes back. Enters: a
/// request, any number of times. Leaves: one account, with a wish for a code to scan. If we die here, the repeat finds what is stored.
/// </summary>
internal sealed class AccountRegister(
    AccountCatalog catalog, AccountChange change, AccountPauses pauses, AccessTokens tokens, NumberCheck check, PairRequests pairing, WorkerIdentity self, IOptions<AccountOptions> options)
{
    private const int Rounds = 10;
    private const int HighThroughput = 1000;
    private const int StandardThroughput = 80;
    private static readonly TimeSpan _retryAfter = TimeSpan.FromSeconds(15);

    /// <exception cref="FirestoreException">The store is out.</exception>
    public Task<IResult> AddBaileysAsync(string name, string? phone, CancellationToken cancellationToken)
    {
        var canonical = AccountId.CanonicalPhone(phone);
        return AddAsync(
            read => canonical is null ? [] : read.OfPhone(canonical),
            read => canonical is null ? AccountId.WithoutPhone(read.Namespace) : AccountId.Of(read.Namespace, canonical),
            (id, stored, read) => BaileysWrites(id, stored, read, name, phone?.Trim(), canonical),
            Account.Baileys,
            cancellationToken);
    }

    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task<IResult> AddCloudApiAsync(string name, string phoneNumberId, string accessToken, string? wabaId, CancellationToken cancellationToken)
    {
        if (!tokens.CanKeep)
        {
            return OperatorApi.Refuse(500, "configuration_missing", "WA_SESSION_KEYS is not configured: the access token could not be kept.");
        }

        switch (await check.AskAsync(phoneNumberId, accessToken, cancellationToken))
        {
            case NumberVerdict.Refused refused:
                return OperatorApi.Refuse(400, refused.Error, refused.Message);
            case NumberVerdict.Known known:
                var canonical = AccountId.CanonicalPhone(known.DisplayPhone);
                return await AddAsync(
                    read => [.. new[] { read.OfNumberId(phoneNumberId) }.OfType<StoredDocument>(), .. canonical is null ? [] : read.OfPhone(canonical)],
                    read => canonical is null ? AccountId.WithoutPhone(read.Namespace) : AccountId.Of(read.Namespace, canonical),
                    (id, stored, read) => CloudApiWrites(id, stored, read, name, phoneNumberId, accessToken, wabaId, canonical, known),
                    AccountFields.CloudApi,
                    cancellationToken);
            default:
                return Later("whatsapp_unavailable", "Meta gives no answer about this number now. Try again.");
        }
    }

    private async Task<IResult> AddAsync(
        Func<CatalogRead, IReadOnlyList<StoredDocument>> find,
        Func<CatalogRead, string> newId,
        Func<string, StoredDocument?, CatalogRead, IReadOnlyList<DocumentWrite>> writesOf,
        string provider,
        CancellationToken cancellationToken)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var turn = await catalog.TurnAsync(cancellationToken);
            var read = await catalog.ReadAsync(cancellationToken);
            var known = find(read);
            var stored = known.Count > 0 ? known[0] : null;
            var isLiving = stored is not null && !CatalogRead.IsDeleted(stored);
            if (isLiving && ProviderOf(stored!) != provider)
            {
                return OperatorApi.Refuse(409, "provider_mismatch", "This number has an account of the other kind. Delete that one first.");
            }

            if (!isLiving && read.Living.Count() is var current && current >= options.Value.AccountsMax)
            {
                return Full(current);
            }

            var id = stored?.Id ?? newId(read);
            var others = known.Skip(1).Where(other => other.Id != id && !CatalogRead.IsDeleted(other) && ProviderOf(other) == provider && other.Fields.Text(AccountFields.ReplacedBy) is null).ToList();
            DocumentWrite[] writes = [.. writesOf(id, stored, read), .. others.Select(other => ReplacedAccounts.Retire(other, id))];
            DocumentWrite[] counted = isLiving ? [] : [turn];
            if (writes.Length == 0 || await change.CommitAsync([.. writes, .. counted], [id, .. others.Select(other => other.Id)], cancellationToken))
            {
                await (provider == AccountFields.CloudApi ? ResumeAsync(id, cancellationToken) : Task.CompletedTask);
                return await AnswerAsync(id, cancellationToken);
            }

            // Another add of the same number was faster, or the reply is lost: look again.
        }

        return AccountChange.Conflict;
    }

    private DocumentWrite[] BaileysWrites(string id, StoredDocument? stored, CatalogRead read, string name, string? phone, string? canonical)
    {
        // What lives is left alone: a client that repeats its request must not disturb a code that is being scanned.
        if (stored is not null && !CatalogRead.IsDeleted(stored) && !NeedsCode(stored))
        {
            return [];
        }

        // The keys of a deleted account are worth nothing, even if nobody came to clear them.
        var fields = pairing.Wish(phone: null, fresh: stored is not null && CatalogRead.IsDeleted(stored));
        fields[AccountFields.Status] = AccountFields.Connecting;
        if (stored is null || CatalogRead.IsDeleted(stored))
        {
            fields[AccountFields.AccountId] = id;
            fields[AccountFields.Name] = name;
            fields[AccountFields.Provider] = Account.Baileys;
            fields[AccountFields.Phone] = phone;
            fields[AccountFields.PhoneE164] = canonical;
            fields[AccountFields.CreatedAt] = AccountView.Iso(read.ReadTime);
            fields[AccountFields.LastError] = FirestoreValue.Null;
        }

        return [Write(id, stored, fields, [.. PairRequests.Cleared, AccountFields.DeletedAt, AccountFields.PhoneNumberId, AccountFields.AccessTokenId], AccountFields.PairRequestedAt)];
    }

    private DocumentWrite[] CloudApiWrites(
        string id, StoredDocument? stored, CatalogRead read, string name, string phoneNumberId, string accessToken, string? wabaId, string? canonical, NumberVerdict.Known known)
    {
        var (tokenId, secret) = tokens.Keep(id, accessToken);
        var fields = new DocumentFields
        {
            [AccountFields.AccountId] = id,
            [AccountFields.Name] = name,
            [AccountFields.Provider] = AccountFields.CloudApi,
            [AccountFields.PhoneNumberId] = phoneNumberId,
            [AccountFields.AccessTokenId] = tokenId,
            [AccountFields.Status] = AccountFields.Connected,
            [AccountFields.PhoneE164] = canonical,
            [AccountFields.CreatedAt] = stored?.Fields.Text(AccountFields.CreatedAt) ?? AccountView.Iso(read.ReadTime),
            [AccountFields.LastError] = FirestoreValue.Null,
            ["verifiedName"] = known.VerifiedName,
            ["qualityRating"] = known.QualityRating,
        };
        if (stored?.Fields.ContainsKey(AccountFields.ThroughputPerSecond) != true)
        {
            fields[AccountFields.ThroughputPerSecond] = known.ThroughputLevel == "HIGH" ? HighThroughput : StandardThroughput;
        }

        if (wabaId is not null)
        {
            fields[AccountFields.WabaId] = wabaId;
        }

        return [secret, Write(id, stored, fields, [.. PairRequests.Cleared, AccountFields.PairRequest, AccountFields.DeletedAt], "lastConnectedAt")];
    }

    private static DocumentWrite Write(string id, StoredDocument? stored, DocumentFields fields, string[] deleted, string time)
    {
        var path = FirestorePaths.Account(id);
        FieldTransform[] times = [FieldTransform.RequestTime(AccountFields.UpdatedAt), FieldTransform.RequestTime(time)];
        return stored is null
            ? DocumentWrite.Create(path, fields, times)
            : DocumentWrite.Update(path, Precondition.UnchangedSince(stored.UpdateTime), fields, deleted.Where(field => !fields.ContainsKey(field)), times);
    }

    /// <summary>Nobody is at it, and nothing will happen by itself.</summary>
    private static bool NeedsCode(StoredDocument account) =>
        account.Fields.Text(AccountFields.Status) is AccountFields.NeedsQr or "logged_out" or AccountFields.Disconnected && PairRequest.Read(account.Fields) is null;

    /// <summary>A token that Meta has just accepted ends the pause that the old one had caused; a person's own pause stays.</summary>
    private Task<PauseResult> ResumeAsync(string accountId, CancellationToken cancellationToken) =>
        pauses.ResumeAsync(accountId, "live_check", pause => pause.Reason is "token_expired" or "permission" or "not_configured" or "number_not_accessible", cancellationToken);

    private async Task<IResult> AnswerAsync(string id, CancellationToken cancellationToken) => await catalog.FindAsync(id, cancellationToken) is { } found
        ? Results.Json(new { success = true, account = AccountView.Of(found.Account, found.ReadTime), instanceId = self.Id, waMode = "active" })
        : AccountChange.Conflict;

    private static string ProviderOf(StoredDocument account) => account.Fields.Text(AccountFields.Provider) ?? Account.Baileys;

    private IResult Full(int current) => Results.Json(
        new
        {
            success = false,
            error = "rate_limited",
            message = $"There are {current} accounts, as many as this installation may have. Delete one first.",
            maxAccounts = options.Value.AccountsMax,
            currentAccounts = current,
        },
        statusCode: 429);

    private static IResult Later(string error, string message) =>
        Results.Json(new { success = false, error, message, retryAfterSeconds = (int)_retryAfter.TotalSeconds }, statusCode: 503);
}
