using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// The sessions of this worker, as commands. Every command brings the deadline up to which we may act ourselves, on the
/// wall clock that this machine's two processes share: a gateway that hears no more from us ends its sockets by itself.
/// </summary>
public sealed class SessionGateway(GatewayClient client, AccountDirectory accounts, OwnedAccounts owned, IOptions<GatewayOptions> options, TimeProvider time) : ISessionGateway
{
    public bool IsReady => client.IsUp;

    public async Task KeepAsync(IReadOnlyList<OwnedAccount> held, CancellationToken cancellationToken)
    {
        // All at once: a gateway that hangs must not keep the leases from being renewed in time.
        await Task.WhenAll(held.Where(session => !session.IsOpened).Select(session => OpenAsync(session, cancellationToken)));
        var due = held.Where(session => session.IsOpened && session.Told != session.Term).ToList();
        await (due.Count == 0 ? Task.CompletedTask : RenewAsync(due, cancellationToken));
    }

    public async Task<bool> PairAsync(OwnedAccount held, PairRequest request, CancellationToken cancellationToken)
    {
        if (request.Fresh)
        {
            // A session that is open would stay as it is: its device leaves the phone's list first.
            await PostAsync("/sessions/logout", held, [], cancellationToken);
        }

        var body = new JsonObject { ["fresh"] = request.Fresh };
        if (request.Phone is { } phone)
        {
            // There or not: a null would be read as a phone number.
            body["phone"] = phone;
        }

        if (await PostAsync("/sessions/pair", held, body, cancellationToken) is not { IsOk: true } answer)
        {
            return false;
        }

        held.PairRequestDoneAt = answer.Number("version");
        return true;
    }

    public async Task<bool> CloseAsync(OwnedAccount held, CancellationToken cancellationToken)
    {
        held.IsConnected = false;

        // A gateway that is not there has no socket. One that knows no such session has ended it, and refuses an open of it that is still on its way.
        return !client.IsUp || await PostAsync("/sessions/close", held, [], cancellationToken) is { IsOk: true } or { Status: 404 };
    }

    public async Task<bool> LogOutAsync(OwnedAccount held, CancellationToken cancellationToken)
    {
        // Each that is not answered may have been overtaken by the other: the device may still be on the phone, with nobody to say so.
        var isTold = !client.IsUp || await PostAsync("/sessions/logout", held, [], cancellationToken) is not null;
        return await CloseAsync(held, cancellationToken) && isTold;
    }

    private async Task OpenAsync(OwnedAccount closed, CancellationToken cancellationToken)
    {
        var term = closed.Term;
        closed.Opening++;
        var body = new JsonObject { ["history"] = accounts.Find(closed.AccountId)?.SyncsHistory == true };
        if (await PostAsync("/sessions/open", closed, body, cancellationToken) is { IsOk: true })
        {
            (closed.IsOpened, closed.Told, closed.PairRequestDone) = (true, term, null);
        }
    }

    private async Task RenewAsync(List<OwnedAccount> due, CancellationToken cancellationToken)
    {
        var terms = due.ConvertAll(session => session.Term);
        var body = new JsonObject { ["leases"] = new JsonArray([.. due.Select(session => Named(session, []))]) };
        if (await client.PostAsync("/sessions/renew", body, options.Value.CommandTimeout, cancellationToken) is not GatewayReply.Answer { IsOk: true } answer
            || !answer.Body.TryGetProperty("sessions", out var sessions) || sessions.GetArrayLength() != due.Count)
        {
            return;
        }

        for (var i = 0; i < due.Count; i++)
        {
            due[i].Told = terms[i];
            if (sessions[i].GetProperty("state") is { ValueKind: JsonValueKind.String } state && state.GetString() == GatewayStates.Closed)
            {
                (due[i].IsOpened, due[i].IsConnected) = (false, false);
            }
        }
    }

    private async Task<GatewayReply.Answer?> PostAsync(string command, OwnedAccount held, JsonObject also, CancellationToken cancellationToken) =>
        await client.PostAsync(command, Named(held, also), options.Value.CommandTimeout, cancellationToken) as GatewayReply.Answer;

    private JsonObject Named(OwnedAccount held, JsonObject also)
    {
        also["accountId"] = held.AccountId;
        also["epoch"] = held.Term.Epoch;
        also["opening"] = held.Opening;
        also["leaseDeadline"] = (time.GetUtcNow() + owned.TrustLeft(held)).ToUnixTimeMilliseconds();
        return also;
    }
}

/// <summary>How a session stands, in the gateway's words.</summary>
internal static class GatewayStates
{
    public const string Connected = "connected";
    public const string NeedsQr = "needs_qr";
    public const string LoggedOut = "logged_out";
    public const string Stopped = "stopped";
    public const string Closed = "closed";

    /// <summary>A reason: another socket with the same keys has taken the session's place.</summary>
    public const string OwnershipLost = "ownership_lost";

    /// <summary>A reason: the worker cannot open the session's keys.</summary>
    public const string KeysUnreachable = "keys_unreachable";
}
