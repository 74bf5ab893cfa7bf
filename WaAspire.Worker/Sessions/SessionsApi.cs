using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Gateway;

namespace WaAspire.Worker.Sessions;

/// <summary>
/// What the gateway asks about a session. Enters: an account, an epoch, keys in the clear. Leaves: what is stored, or 409
/// <c>stale_epoch</c> when this worker does not hold this very term any more. The fence decides in the end; asking our own
/// memory first only saves the store the trouble.
/// </summary>
public sealed class SessionsApi(OwnedAccounts owned, SessionStore store, SentContent sent, IOptions<SessionKeyOptions> options, ILogger<SessionsApi> logger)
{
    private const string Creds = "creds";

    internal void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/sessions/{accountId}/read", ReadAsync);
        routes.MapPost("/internal/sessions/{accountId}/write", WriteAsync);
        routes.MapGet("/internal/sessions/{accountId}/messages/{messageId}", MessageAsync);
    }

    private async Task<IResult> ReadAsync(string accountId, ReadRequest request, CancellationToken cancellationToken)
    {
        if (request.Keys.Count > options.Value.KeysMax)
        {
            return GatewayDoor.Refuse(413, "too_many_keys");
        }

        if (Held(accountId, request.Epoch) is not { } held)
        {
            return GatewayDoor.Refuse(409, "stale_epoch");
        }

        try
        {
            // Who reads who it is has only begun.
            var seq = request.Keys.Any(key => key.Type == Creds) ? await store.SettleAsync(held.Session, cancellationToken) : held.Session.Seq;
            var values = await store.ReadAsync(held.Session, request.Keys, cancellationToken);
            return Results.Json(new { seq, values = values.Select(value => new { type = value.Key.Type, id = value.Key.Id, value = value.Value }) });
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException)
        {
            logger.SessionUnreadable(accountId, exception.Message);
            return GatewayDoor.Refuse(422, "unreadable_keys");
        }
    }

    private async Task<IResult> WriteAsync(string accountId, WriteRequest request, CancellationToken cancellationToken)
    {
        if (request.Writes.Count > options.Value.KeysMax)
        {
            return GatewayDoor.Refuse(413, "too_many_keys");
        }

        // Not by trust: what a drain or a slow store has left over is stored, as long as nobody else has begun.
        if (owned.Find(accountId) is not { } held || held.Term.Epoch != request.Epoch)
        {
            return GatewayDoor.Refuse(409, "stale_epoch");
        }

        var writes = request.Writes.Select(write => new SessionKeyWrite(new SessionKey(write.Type, write.Id), write.Value)).ToList();
        return await store.WriteAsync(held.Session, request.Seq, request.Clear ?? false, writes, cancellationToken) switch
        {
            SessionWriteResult.Stored => Results.Json(new { }),
            SessionWriteResult.Stale => GatewayDoor.Refuse(409, "stale_epoch"),
            _ => GatewayDoor.Refuse(413, "too_large"),
        };
    }

    private async Task<IResult> MessageAsync(string accountId, string messageId, CancellationToken cancellationToken) =>
        await sent.FindAsync(accountId, messageId, cancellationToken) is { } content
            ? Results.Json(content)
            : GatewayDoor.Refuse(404, "unknown_message");

    private OwnedAccount? Held(string accountId, long epoch) => DocumentId.IsLawful(accountId) ? owned.Find(accountId, epoch) : null;

    private sealed record ReadRequest(long Epoch, IReadOnlyList<SessionKey> Keys);

    private sealed record WriteRequest(long Epoch, long Seq, bool? Clear, IReadOnlyList<KeyValue> Writes);

    private sealed record KeyValue(string Type, string Id, string? Value);
}
