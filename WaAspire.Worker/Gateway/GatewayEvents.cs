using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// What happened at WhatsApp, from the gateway's spool. Enters: a batch, any number of times. Leaves: 200 when each event
/// is committed, was seen before, or is set aside; until then the gateway keeps it. If we die here, it is delivered again.
/// <c>{"gatewayId":"…","events":[{"kind":"message","accountId":"…","epoch":3,"id":"3EB0…",…}]}</c>
/// </summary>
public sealed class GatewayEvents(
    InboundProcessor messages, IStatusIntake statuses, InboundRejections rejections, OwnedAccounts owned, LeaseStore leases, AccountMirror mirror)
{
    private const int BodyLimit = 16 * 1024 * 1024;

    internal async Task<IResult> TakeAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > BodyLimit)
        {
            return GatewayDoor.Refuse(413, "too_large");
        }

        try
        {
            using var body = await JsonDocument.ParseAsync(request.Body, default, cancellationToken);
            await StoreAsync(body.RootElement.Members("events"), cancellationToken);
            return Results.Json(new { });
        }
        catch (JsonException)
        {
            return GatewayDoor.Refuse(400, "invalid_json");
        }
    }

    /// <exception cref="FirestoreException">The store is out.</exception>
    public async Task StoreAsync(IReadOnlyList<JsonElement> events, CancellationToken cancellationToken)
    {
        var (letters, receipts, odd) = (new List<InboundMessage>(), new List<ProviderStatus>(), new List<RejectedUpdate>());
        foreach (var happened in events)
        {
            switch (happened.Word("kind"))
            {
                case "session":
                    await ShowAsync(happened, cancellationToken);
                    break;
                case "message" or "status":
                    Sort(happened, letters, receipts, odd);
                    break;
                case "lid" or "restriction":
                    // Every message brings both addresses itself; a restriction shows as the answer to a send.
                    break;
                default:
                    odd.Add(new RejectedUpdate("unknown_event", happened.Raw(), happened.Word("kind"), happened.Word("accountId")));
                    break;
            }
        }

        await rejections.SetAsideAsync(odd, cancellationToken);
        await messages.StoreAsync(letters, cancellationToken);
        await statuses.StoreAsync(receipts, cancellationToken);
    }

    private static void Sort(JsonElement happened, List<InboundMessage> letters, List<ProviderStatus> receipts, List<RejectedUpdate> odd)
    {
        try
        {
            if (GatewayReading.Status(happened) is { } status)
            {
                receipts.Add(status);
            }
            else if (GatewayReading.Message(happened) is { } letter)
            {
                letters.Add(letter);
            }
            else
            {
                odd.Add(new RejectedUpdate("unreadable", happened.Raw(), happened.Word("kind"), happened.Word("accountId")));
            }
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: lawful JSON, but no text. It does not cost the events beside it.
            odd.Add(new RejectedUpdate("unreadable", happened.Raw(), happened.Word("kind"), happened.Word("accountId")));
        }
    }

    /// <summary>The latest word on a session. Of another term it means nothing.</summary>
    private async Task ShowAsync(JsonElement stand, CancellationToken cancellationToken)
    {
        if (stand.Word("accountId") is not { } accountId || stand.Member("epoch") is not { ValueKind: JsonValueKind.Number } epoch
            || owned.Find(accountId) is not { } held || held.Term.Epoch != epoch.GetInt64())
        {
            return;
        }

        var state = stand.Word("state");
        held.IsConnected = state == GatewayStates.Connected && !held.IsLeaving;
        held.IsDegraded = held.IsConnected && stand.IsTrue("degraded");
        held.IsOpened &= state != GatewayStates.Closed;
        if (!held.IsLeaving && (stand.Word("reason") != GatewayStates.OwnershipLost || await IsStillOursAsync(held, cancellationToken)))
        {
            await mirror.ShowAsync(held, stand, cancellationToken);
        }
    }

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
