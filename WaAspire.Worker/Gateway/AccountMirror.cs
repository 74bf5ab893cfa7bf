using System.Text.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// Shows in <c>accounts/{id}</c> how its session stands, in words that clients know. Enters: the gateway's latest word.
/// Leaves: one write under the account's update time, which a newer term's word refuses. The code to scan lies there too:
/// only the super-admin may read accounts. If we die before the write, the gateway tells it again, or the next owner does.
/// </summary>
public sealed class AccountMirror(
    IFirestore firestore, CommitBatcher commits, AccountDirectory accounts, AccountSignal signal, ReplacedAccounts replaced, ILanes lanes, ServerClock clock, TimeProvider time, WorkerIdentity self, SessionHealth health, ILogger<AccountMirror> logger)
{
    private const string Purpose = "account-mirror";
    private const int Rounds = 5;
    private const string Epoch = "sessionEpoch";
    private const string ReconnectsTold = "sessionReconnects";

    /// <exception cref="FirestoreException">The store is out, or others changed the account again and again.</exception>
    public async Task ShowAsync(OwnedAccount held, JsonElement stand, CancellationToken cancellationToken)
    {
        var path = FirestorePaths.Account(held.AccountId);
        for (var round = 0; round < Rounds; round++)
        {
            var account = (await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path);
            if (SessionStands.VersionOf(stand) < held.StandVersion)
            {
                // A newer word has come meanwhile, and is written beside this one: whichever is refused looks here again.
                return;
            }

            if (account is null || account.Fields.Integer(Epoch) > held.Term.Epoch || !Account.Read(account).WantsSession)
            {
                // What a person has ended says so already; the session only does not know it yet.
                return;
            }

            var fields = Fields(held, stand);
            var reconnects = AddCounts(fields, account.Fields);
            FieldTransform[] times = [.. Times(fields, account.Fields).Select(FieldTransform.RequestTime)];
            var write = DocumentWrite.Update(path, Precondition.UnchangedSince(account.UpdateTime), fields, deleted: null, times);
            if (await commits.CommitAsync(new CommitMember([write], Purpose, path, _ => false), cancellationToken) is CommitOutcome.Committed)
            {
                health.Reconnected(reconnects, stand.Object("lastClose")?.Word("reason") == "deaf");
                await TellAsync(held, account.Fields.Text(AccountFields.Status), fields.Text(AccountFields.Status)!, cancellationToken);
                await (held.IsConnected && fields.Text(AccountFields.PhoneE164) is { } phone ? replaced.RetireOthersAsync(held.AccountId, phone, cancellationToken) : Task.CompletedTask);
                return;
            }

            // Refused: somebody wrote in between. Lost: written again, it says the same.
        }

        throw new FirestoreException(FirestoreStatus.Aborted, "How a session stands could not be stored.");
    }

    private async Task TellAsync(OwnedAccount held, string? before, string status, CancellationToken cancellationToken)
    {
        await accounts.ReadAsync(held.AccountId, cancellationToken);
        if (before == status)
        {
            return;
        }

        logger.SessionStands(held.AccountId, held.Term.Epoch, status);
        await signal.AnnounceAsync(held.AccountId);
        if (held.IsConnected)
        {
            await lanes.WakeAsync(held.AccountId);
        }
    }

    private DocumentFields Fields(OwnedAccount held, JsonElement stand)
    {
        var (state, reason) = (stand.Word("state") ?? "", stand.Word("reason"));
        var fields = new DocumentFields
        {
            [AccountFields.Status] = SessionStatus.Of(state, reason),
            ["claimedBy"] = self.Id,
            [Epoch] = held.Term.Epoch,
            [AccountFields.SessionState] = state,
            [AccountFields.SessionReason] = reason,
            [AccountFields.SessionUntil] = stand.Seconds("until") is { } until ? until : FirestoreValue.Null,
            ["degraded"] = stand.IsTrue("degraded"),
            [AccountFields.RequiresQr] = state is GatewayStates.NeedsQr or GatewayStates.LoggedOut,
            [ReconnectsTold] = stand.Member("reconnectCount") is { ValueKind: JsonValueKind.Number } count ? count.GetInt64() : 0L,
            // As it must be drawn; what is drawn is the business of whoever shows it. Its end is told by this machine's clock,
            // and shown by the server's, which all who show it compare it with.
            [AccountFields.QrText] = stand.Word("qr"),
            [AccountFields.QrExpiresAt] = Time(stand, "qrExpiresAt").AsTimestamp is { } end ? clock.Now + (end - time.GetUtcNow()) : FirestoreValue.Null,
            [AccountFields.PairingCode] = stand.Word("pairingCode"),
            ["nextRetryAt"] = Time(stand, "retryAt"),
        };
        if (held.PairRequestDone is { } done)
        {
            fields[AccountFields.PairRequestDone] = done;
            if (EndsPairing(state) && SessionStands.VersionOf(stand) >= held.PairRequestDoneAt)
            {
                fields[AccountFields.PairRequestEnded] = done;
            }
        }

        if (state == GatewayStates.Stopped)
        {
            (fields["lastError"], fields["lastErrorAt"]) = (reason, stand.Object("lastClose") is { } last ? Time(last, "at") : FirestoreValue.Null);
        }

        AddConnection(fields, state, stand);
        AddLastClose(fields, state, reason, stand.Object("lastClose"));
        return fields;
    }

    /// <summary>Somebody used a code, nobody did in time, or it waits for a person.</summary>
    private static bool EndsPairing(string state) => state is GatewayStates.Connected or GatewayStates.NeedsQr or GatewayStates.LoggedOut or GatewayStates.Stopped;

    /// <summary>
    /// Reconnects over all terms: the gateway counts from 0 in each, and again when it is started anew in the same one. And while
    /// somebody waits for a code that this session has not been asked for yet, the account is on its way to one.
    /// </summary>
    private static long AddCounts(DocumentFields fields, DocumentFields stored)
    {
        var told = fields.Integer(ReconnectsTold)!.Value;
        var known = stored.Integer(Epoch) == fields.Integer(Epoch) ? stored.Integer(ReconnectsTold) ?? 0 : 0;
        var reconnects = told >= known ? told - known : told;
        fields[AccountFields.ReconnectCount] = (stored.Integer(AccountFields.ReconnectCount) ?? 0) + reconnects;
        var wanted = PairRequest.Wanted(stored);
        if (fields.Text(AccountFields.Status) is AccountFields.NeedsQr or "logged_out" && wanted is not null && wanted.Id != fields.Text(AccountFields.PairRequestEnded))
        {
            fields[AccountFields.Status] = AccountFields.Connecting;
        }

        return reconnects;
    }

    private static IEnumerable<string> Times(DocumentFields fields, DocumentFields stored) =>
        fields.Text(AccountFields.QrText) is { } qr && qr != stored.Text(AccountFields.QrText)
            ? [AccountFields.UpdatedAt, AccountFields.QrUpdatedAt]
            : [AccountFields.UpdatedAt];

    private static void AddConnection(DocumentFields fields, string state, JsonElement stand)
    {
        if (state != GatewayStates.Connected)
        {
            return;
        }

        fields[AccountFields.LastConnectedAt] = Time(stand, "connectedAt");
        fields["waJid"] = stand.Word("jid");
        fields["waLid"] = stand.Word("lid");
        if (Jid.TryParse(stand.Word("jid"), out var own) && own.IsPerson)
        {
            // Without a plus, as existing readers compare it.
            fields[AccountFields.PhoneE164] = own.User;
        }
    }

    private static void AddLastClose(DocumentFields fields, string state, string? reason, JsonElement? close)
    {
        if (close is { } told)
        {
            fields["lastDisconnectCode"] = told.Member("code") is { ValueKind: JsonValueKind.Number } code ? code.GetInt64() : "unknown";
            fields["lastDisconnectedAt"] = Time(told, "at");
        }

        if (close is not null || state is GatewayStates.Stopped or GatewayStates.LoggedOut)
        {
            fields["lastDisconnectReason"] = SessionStatus.ReasonOf(reason) ?? fields.GetValueOrDefault("lastDisconnectCode", FirestoreValue.Null).AsInteger?.ToString(System.Globalization.CultureInfo.InvariantCulture)
                ?? close?.Word("reason");
        }
    }

    /// <summary>Unix milliseconds; null for nothing or nonsense.</summary>
    private static FirestoreValue Time(JsonElement holder, string name) =>
        holder.Member(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var milliseconds) && milliseconds is > 0 and < 253_402_300_799_999
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : FirestoreValue.Null;
}
