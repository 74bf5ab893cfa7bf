using Microsoft.Extensions.Options;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Leasing;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Send;

/// <summary>
/// <c>POST /whatsappProxySend</c>. Checks run in the order that clients and old tests know: method, body, token, role, and
/// only then Firestore, so that a request which can never be lawful costs nothing.
/// </summary>
internal static class SendApi
{
    public static IEndpointRouteBuilder MapSend(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/whatsappProxySend", SendAsync);
        return routes;
    }

    private static async Task<IResult> SendAsync(
        HttpRequest http, EmployeeGate gate, EnqueueStore store, LaneBell bell, ProxyMetrics metrics, IOptions<SendOptions> options, CancellationToken cancellationToken)
    {
        if (await RequestBody.ReadAsync(http, options.Value.BodyBytesMax, cancellationToken) is not { } body)
            return Refuse(Refusal.TooLarge, metrics);
        if (!SendRequest.TryRead(body, options.Value, out var request, out var problem))
            return Refuse(Refusal.InvalidRequest(problem), metrics);
        switch (await gate.AdmitAsync(http, cancellationToken))
        {
            case Admission.Denied denied:
                return Refuse(denied.Refusal, metrics);
            case Admission.Granted { Caller.Uid: var uid }:
                return await EnqueueAsync(request, uid, store, bell, metrics, options.Value, cancellationToken);
            default:
                throw new InvalidOperationException("An admission of an unknown kind.");
        }
    }

    private static async Task<IResult> EnqueueAsync(
        SendRequest request, string uid, EnqueueStore store, LaneBell bell, ProxyMetrics metrics, SendOptions options, CancellationToken cancellationToken)
    {
        switch (await store.EnqueueAsync(request, new Sender(uid), cancellationToken))
        {
            case EnqueueOutcome.Refused refused:
                return Refuse(Refusal.Of(refused.Reason, request.ThreadId), metrics);
            case EnqueueOutcome.Unlawful unlawful:
                return Refuse(Refusal.InvalidRequest(unlawful.Problem), metrics);
            case EnqueueOutcome.Unavailable:
                return Refuse(Refusal.Unavailable(options.RetryAfter), metrics);
            case EnqueueOutcome.Stored stored:
                // A repeat rings too: whoever stored the message may have died before the bell.
                bell.Ring(new Lane(request.AccountId, stored.ThreadId), stored.DueIn, stored.CommittedAt);
                metrics.Sent(stored.IsDuplicate ? "duplicate" : "accepted");
                return Results.Json(new
                {
                    success = true,
                    requestId = stored.RequestId,
                    duplicate = stored.IsDuplicate,
                    message = stored.IsDuplicate ? "This message was accepted before." : "The message is queued.",
                });
            default:
                throw new InvalidOperationException("An outcome of an unknown kind.");
        }
    }

    private static Refusal Refuse(Refusal refusal, ProxyMetrics metrics)
    {
        metrics.Sent(refusal.Error);
        return refusal;
    }
}
