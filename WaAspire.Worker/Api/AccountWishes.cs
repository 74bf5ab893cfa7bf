using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Api;

/// <summary>
/// What people want of an account that is there. Each wish is written into the account, where its owner finds it, and answered
/// by the account as it stands: shipped clients repeat every call that does not end with 2xx, so that asking again changes nothing.
/// </summary>
internal sealed class AccountWishes(AccountChange change, PairRequests pairing, HistoryRequests history, WorkerIdentity self, IOptions<AccountOptions> options)
{
    private const string InProgress = "already_in_progress";

    /// <summary>A code to scan: the one that is there, the one that is coming, or a new one.</summary>
    public Task<IResult> RegenerateQrAsync(string accountId, CancellationToken cancellationToken) => SessionAsync(accountId, (account, now) =>
    {
        var fields = account.Fields;
        var status = fields.Text(AccountFields.Status);
        if (status == AccountFields.Connected)
        {
            return new AccountStep(Answer(accountId, status, "The account is connected: there is nothing to scan."));
        }

        if (QrPicture.Of(fields, now) is { } picture && now - fields.Timestamp(AccountFields.QrUpdatedAt) is { } age && age < options.Value.WishFreshFor)
        {
            return new AccountStep(Results.Json(new
            {
                success = true,
                accountId,
                status,
                qrCode = picture,
                ageSeconds = (int)Math.Max(0, age.TotalSeconds),
                idempotent = true,
                instanceId = self.Id,
            }));
        }

        if (IsUnderWay(fields, now))
        {
            return new AccountStep(Answer(accountId, InProgress, "A code is on its way.", statusCode: 202));
        }

        var wish = pairing.Wish(phone: null, fresh: false);
        wish[AccountFields.Status] = AccountFields.Connecting;
        return new AccountStep(Answer(accountId, "in_progress", "A new code is on its way."), wish) { Deleted = PairRequests.Cleared, Times = [AccountFields.PairRequestedAt] };
    }, cancellationToken);

    /// <summary>The device leaves the phone's list, all keys go, and somebody must scan again.</summary>
    public Task<IResult> ResetAsync(string accountId, CancellationToken cancellationToken) => SessionAsync(accountId, (account, now) =>
    {
        var answer = Results.Json(new { success = true, accountId, status = AccountFields.NeedsQr, requiresQR = true, message = "The session is given up. Scan the next code." });
        if (PairRequest.Read(account.Fields) is { Fresh: true } && IsYoung(account.Fields, AccountFields.PairRequestedAt, now))
        {
            return new AccountStep(answer);
        }

        var wish = pairing.Wish(phone: null, fresh: true);
        wish[AccountFields.Status] = AccountFields.NeedsQr;
        wish[AccountFields.RequiresQr] = true;
        return new AccountStep(answer, wish) { Deleted = PairRequests.Cleared, Times = [AccountFields.PairRequestedAt] };
    }, cancellationToken);

    /// <summary>No socket until somebody asks for a code; the keys stay, so that none has to be scanned then.</summary>
    public Task<IResult> DisconnectAsync(string accountId, CancellationToken cancellationToken) => SessionAsync(accountId, (account, now) =>
    {
        const string reason = "user_disconnect";
        var answer = Results.Json(new { success = true, accountId, tsDisconnect = now.ToUnixTimeMilliseconds(), reason });
        return account.Fields.Boolean(AccountFields.SessionStopped) == true
            ? new AccountStep(answer)
            : new AccountStep(answer, new DocumentFields
            {
                [AccountFields.SessionStopped] = true,
                [AccountFields.Status] = AccountFields.Disconnected,
                [AccountFields.LastDisconnectReason] = reason,
            })
            {
                Deleted = [AccountFields.PairRequest, AccountFields.QrText, AccountFields.QrExpiresAt, AccountFields.PairingCode],
                Times = [AccountFields.LastDisconnectedAt, "disconnectedAt"],
            };
    }, cancellationToken);

    public Task<IResult> BackfillAsync(string accountId, CancellationToken cancellationToken) => change.MakeAsync(accountId, (account, now) =>
    {
        var status = account.Fields.Text(AccountFields.Status);
        var isPaired = account.Fields.Text(AccountFields.Provider) is null or Account.Baileys;
        if (CatalogRead.IsDeleted(account))
        {
            return new AccountStep(AccountChange.NotFound);
        }

        if (!isPaired || status != AccountFields.Connected)
        {
            return new AccountStep(Results.Json(
                new
                {
                    success = false,
                    error = "invalid_state",
                    message = isPaired ? "Only a connected account can ask for its history." : "The Cloud API has no history to ask for.",
                    currentStatus = status,
                    accountId,
                },
                statusCode: 409));
        }

        var requested = account.Fields.Timestamp(AccountFields.BackfillRequestedAt);
        var isOpen = requested is not null && !(account.Fields.Timestamp(AccountFields.LastBackfillAt) >= requested);
        var answer = Results.Json(new { success = true, accountId, message = isOpen ? "The history is being fetched." : "The history will be fetched." });
        return isOpen && IsYoung(account.Fields, AccountFields.BackfillRequestedAt, now) ? new AccountStep(answer) : new AccountStep(answer, history.Wish()) { Times = [AccountFields.BackfillRequestedAt] };
    }, cancellationToken);

    public Task<IResult> RenameAsync(string accountId, string name, CancellationToken cancellationToken) => change.MakeAsync(accountId, (account, _) =>
    {
        var fields = account.Fields;
        var answer = Results.Json(new
        {
            success = true,
            message = "The account has a new name.",
            account = new { id = accountId, name, phone = AccountView.PhoneOf(fields), status = fields.Text(AccountFields.Status) },
        });
        return CatalogRead.IsDeleted(account) ? new AccountStep(AccountChange.NotFound)
            : fields.Text(AccountFields.Name) == name ? new AccountStep(answer)
            : new AccountStep(answer, new DocumentFields { [AccountFields.Name] = name });
    }, cancellationToken);

    /// <summary>Soft: the document stays, because threads bear its id. Its secrets go with the same commit, its session by its owner.</summary>
    public Task<IResult> DeleteAsync(string accountId, CancellationToken cancellationToken) => change.MakeAsync(accountId, (account, _) =>
    {
        var wasDeleted = CatalogRead.IsDeleted(account);
        var answer = Results.Json(new
        {
            success = true,
            message = wasDeleted ? "The account was deleted before." : "The account is deleted.",
            accountId,
            deletedFromMemory = false,
            deletedFromFirestore = true,
            status = AccountFields.Deleted,
        });
        return wasDeleted ? new AccountStep(answer) : new AccountStep(answer, new DocumentFields { [AccountFields.Status] = AccountFields.Deleted, [AccountFields.LogOutWanted] = true })
        {
            Deleted = [.. PairRequests.Cleared.Where(field => field != AccountFields.LogOutWanted), AccountFields.PairRequest, AccountFields.AccessTokenId, AccountFields.BackfillRequestedAt, AccountFields.HistoryRequest],
            Times = [AccountFields.DeletedAt],
            Also = [DocumentWrite.Delete(FirestorePaths.AccountSecret(accountId))],
        };
    }, cancellationToken);

    /// <summary>Of an account that is paired with a phone.</summary>
    private Task<IResult> SessionAsync(string accountId, Func<StoredDocument, DateTimeOffset, AccountStep> decide, CancellationToken cancellationToken) => change.MakeAsync(
        accountId,
        (account, now) => CatalogRead.IsDeleted(account) ? new AccountStep(AccountChange.NotFound)
            : account.Fields.Text(AccountFields.Provider) == AccountFields.CloudApi ? new AccountStep(OperatorApi.Refuse(409, "not_paired_by_qr", "A Cloud API account has no session: nothing is scanned for it."))
            : decide(account, now),
        cancellationToken);

    /// <summary>A wish that its owner has not answered, or a socket that has just begun.</summary>
    private bool IsUnderWay(DocumentFields account, DateTimeOffset now) =>
        (PairRequest.Read(account) is not null && IsYoung(account, AccountFields.PairRequestedAt, now))
        || (account.Text(AccountFields.Status) == AccountFields.Connecting && IsYoung(account, AccountFields.UpdatedAt, now));

    private bool IsYoung(DocumentFields account, string since, DateTimeOffset now) => now - account.Timestamp(since) < options.Value.WishFreshFor;

    private IResult Answer(string accountId, string? status, string message, int statusCode = 200) =>
        Results.Json(new { success = true, accountId, status, message, instanceId = self.Id, waMode = "active" }, statusCode: statusCode);
}
