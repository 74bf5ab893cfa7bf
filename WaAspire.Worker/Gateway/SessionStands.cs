using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Inbound;
using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Worker.Gateway;

/// <summary>Takes the gateway's latest word on a session: this worker may send by it at once, and the account shows it. Of another term it means nothing.</summary>
public sealed class SessionStands(OwnedAccounts owned, LeaseStore leases, AccountMirror mirror, IOptions<OwnershipOptions> options, TimeProvider time)
{
    public async Task ShowAsync(JsonElement stand, CancellationToken cancellationToken)
    {
        if (stand.Word("accountId") is not { } accountId || stand.Member("epoch") is not { ValueKind: JsonValueKind.Number } epoch
            || owned.Find(accountId) is not { } held || held.Term.Epoch != epoch.GetInt64() || VersionOf(stand) < held.StandVersion)
        {
            return;
        }

        held.StandVersion = VersionOf(stand);

        var state = stand.Word("state");
        held.IsConnected = state == GatewayStates.Connected && !held.IsLeaving;
        held.IsDegraded = held.IsConnected && stand.IsTrue("degraded");
        held.IsWithoutSocket = state is GatewayStates.NeedsQr or GatewayStates.LoggedOut or GatewayStates.Stopped;
        held.IsOpened &= state != GatewayStates.Closed;
        if (state == GatewayStates.Closed && stand.Word("reason") == GatewayStates.KeysUnreachable)
        {
            // Opened at once it would end at once, with a line in the log and a write each time, for as long as the configuration lacks the key.
            held.OpenAfter = time.GetTimestamp() + (long)(options.Value.RenewEvery.TotalSeconds * time.TimestampFrequency);
        }

        if (!held.IsLeaving && (stand.Word("reason") != GatewayStates.OwnershipLost || await IsStillOursAsync(held, cancellationToken)))
        {
            await mirror.ShowAsync(held, stand, cancellationToken);
        }
    }

    /// <summary>Grows with each word of the gateway, also over its restarts; 0 where there is none.</summary>
    internal static long VersionOf(JsonElement stand) => stand.Member("version") is { ValueKind: JsonValueKind.Number } version ? version.GetInt64() : 0;

    /// <summary>
    /// Another socket has our keys. If the lease says that another worker has the account, that was its socket, and what
    /// we could say of the session would only hinder it. If the lease is ours, it is a stranger's, and a person must know.
    /// </summary>
    private async Task<bool> IsStillOursAsync(OwnedAccount held, CancellationToken cancellationToken)
    {
        var (read, _) = await leases.ReadAsync([held.AccountId], cancellationToken);
        return leases.IsOurs(read[0], held.Term);
    }
}
