using System.Text.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// What happened at WhatsApp, from the gateway's spool. Enters: a batch, any number of times. Leaves: 200 when each event
/// is committed, was seen before, or is set aside; until then the gateway keeps it. If we die here, it is delivered again.
/// <c>{"gatewayId":"…","events":[{"kind":"message","accountId":"…","epoch":3,"id":"3EB0…",…}]}</c>
/// </summary>
public sealed class GatewayEvents(
    InboundProcessor messages, IStatusIntake statuses, ThreadLinks links, InboundRejections rejections, AccountPauses pauses, SessionStands stands)
{
    private const int BodyLimit = 16 * 1024 * 1024;
    private const string SessionKind = "session";

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
        // One word for each account at most: all at once, and beside what happened, or many sessions in a slow store would keep
        // the batch from its end, and with it everything that comes in.
        var shown = Task.WhenAll(events.Where(happened => happened.Word("kind") == SessionKind).Select(stand => stands.ShowAsync(stand, cancellationToken)));
        try
        {
            await StoreFactsAsync(events, cancellationToken);
        }
        finally
        {
            await shown;
        }
    }

    /// <summary>Everything but how sessions stand, in each account's order.</summary>
    private async Task StoreFactsAsync(IReadOnlyList<JsonElement> events, CancellationToken cancellationToken)
    {
        var (letters, receipts, odd) = (new List<Letter>(), new List<ProviderStatus>(), new List<RejectedUpdate>());
        foreach (var happened in events)
        {
            switch (happened.Word("kind"))
            {
                case SessionKind:
                    break;
                case "message" or "status":
                    Sort(happened, letters, receipts, odd);
                    break;
                case "lid":
                    await (GatewayReading.Link(happened) is { } link ? links.LinkAsync(link.AccountId, link.Hidden, link.Person, cancellationToken) : Task.CompletedTask);
                    break;
                case "restriction":
                    await (GatewayReading.Restriction(happened) is { } told ? pauses.RestrictAsync(told.AccountId, told.Restriction, cancellationToken) : Task.CompletedTask);
                    break;
                default:
                    odd.Add(new RejectedUpdate("unknown_event", happened.Raw(), happened.Word("kind"), happened.Word("accountId")));
                    break;
            }
        }

        await rejections.SetAsideAsync(odd, cancellationToken);
        await messages.StoreAsync(await WithoutEchoesAsync(letters, cancellationToken), cancellationToken);
        await statuses.StoreAsync(receipts, cancellationToken);
    }

    private static void Sort(JsonElement happened, List<Letter> letters, List<ProviderStatus> receipts, List<RejectedUpdate> odd)
    {
        try
        {
            if (GatewayReading.Message(happened) is { } letter)
            {
                letters.Add(new Letter(letter, letter.IsOwn ? GatewayReading.Status(happened) : null));
            }
            else if (GatewayReading.Status(happened) is { } status)
            {
                receipts.Add(status);
            }
            else if (!GatewayReading.IsRefusedSend(happened))
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

    /// <summary>
    /// Our own message that comes back proves that WhatsApp has it, and nothing else is stored. What is from us but not in
    /// the outbox was typed on the phone. Ours has its id there since before its bytes left, so it is never taken for such.
    /// </summary>
    private async Task<IReadOnlyList<InboundMessage>> WithoutEchoesAsync(IReadOnlyList<Letter> letters, CancellationToken cancellationToken)
    {
        var isEcho = await Task.WhenAll(letters.Select(async letter =>
            letter.Echo is { } echo && (await statuses.StoreAsync([echo], cancellationToken)).Unknown == 0));
        return [.. letters.Where((_, i) => !isEcho[i]).Select(letter => letter.Message)];
    }

    /// <param name="Message">As it may have to be stored.</param>
    /// <param name="Echo">What it proves if it is one of ours; null for what others wrote.</param>
    private sealed record Letter(InboundMessage Message, ProviderStatus? Echo);
}
