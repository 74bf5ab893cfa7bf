using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Api;

/// <summary>
/// <c>POST /api/whatsapp/send-message {accountId, to, message[, threadId, clientMessageId, payload]}</c>: the old system's way for
/// other servers to send. It enqueues by the very code that the proxy enqueues by, and nothing else: which worker sends it, and
/// when, is decided where all messages are. Who holds the internal token may write in every thread and owns none of them.
/// </summary>
internal static class SendMessageApi
{
    private const string Service = "service";

    public static void MapSendMessage(this IEndpointRouteBuilder routes) => routes.MapPost("/send-message", SendAsync);

    private static async Task<IResult> SendAsync(
        HttpRequest http, AccountCatalog catalog, EnqueueStore store, ILanes lanes, IOptions<SendOptions> options, CancellationToken cancellationToken)
    {
        if (await AccountsApi.ReadAsync<SendBody>(http, cancellationToken) is not { } asked || !Jid.TryParse(asked.To, out var to) || string.IsNullOrWhiteSpace(asked.AccountId))
        {
            return AccountsApi.Invalid("accountId, to, and message or payload are required; threadId and clientMessageId are optional.");
        }

        if (!SendRequest.TryRead(Renamed(asked, to), options.Value, out var request, out var problem))
        {
            return AccountsApi.Invalid(problem);
        }

        if (await catalog.FindAsync(request.AccountId, cancellationToken) is null)
        {
            return AccountChange.NotFound;
        }

        return await store.EnqueueAsync(request, new Sender(Service, IsService: true), cancellationToken) switch
        {
            EnqueueOutcome.Stored stored => await AnswerAsync(request, stored, lanes),
            EnqueueOutcome.Refused refused => RefusalOf(refused.Reason),
            EnqueueOutcome.Unlawful unlawful => AccountsApi.Invalid(unlawful.Problem),
            _ => OperatorApi.Refuse(503, "service_unavailable", "The message store does not answer. Try again with the same clientMessageId."),
        };
    }

    /// <summary>As the proxy is asked: what is lawful there is lawful here.</summary>
    private static byte[] Renamed(SendBody asked, Jid to) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        accountId = asked.AccountId,
        threadId = string.IsNullOrWhiteSpace(asked.ThreadId) ? ThreadId.Of(asked.AccountId!, to) : asked.ThreadId,
        toJid = to.Value,
        text = asked.Message,
        payload = asked.Payload,
        clientMessageId = string.IsNullOrWhiteSpace(asked.ClientMessageId) ? "svc_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)) : asked.ClientMessageId,
        sendAt = asked.SendAt,
        expiresAt = asked.ExpiresAt,
    });

    private static async Task<IResult> AnswerAsync(SendRequest request, EnqueueOutcome.Stored stored, ILanes lanes)
    {
        try
        {
            await lanes.SignalAsync(new Lane(request.AccountId, stored.ThreadId), stored.DueIn, stored.CommittedAt ?? DateTimeOffset.MaxValue);
        }
        catch (LanesUnavailableException)
        {
            // The sweep finds it within seconds.
        }

        return Results.Json(new { success = true, queued = true, messageId = stored.RequestId, requestId = stored.RequestId, duplicate = stored.IsDuplicate, status = "queued", threadId = stored.ThreadId, clientMessageId = request.ClientMessageId });
    }

    private static IResult RefusalOf(SendRefusal reason) => reason switch
    {
        SendRefusal.ThreadNotFound => OperatorApi.Refuse(404, "thread_not_found", "There is no such thread."),
        SendRefusal.RecipientMismatch => OperatorApi.Refuse(403, "recipient_mismatch", "The recipient is not the thread's contact."),
        _ => OperatorApi.Refuse(403, "account_mismatch", "The thread belongs to another account."),
    };

    private sealed record SendBody(
        string? AccountId, string? To, string? Message, string? ThreadId, string? ClientMessageId, JsonElement? Payload, string? SendAt, string? ExpiresAt)
    {
        // The generated text would print whom it goes to.
        public override string ToString() => nameof(SendBody);
    }
}
