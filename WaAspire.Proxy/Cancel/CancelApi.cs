using Microsoft.Extensions.Options;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Outbox;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;
using WaAspire.Proxy.Send;

namespace WaAspire.Proxy.Cancel;

/// <summary>
/// <c>POST /whatsappProxyCancel {"requestId":"…"}</c>: withdraws a message that is still queued. 200 <c>{success, requestId,
/// status:"canceled"}</c>, also for a repeat; 404 <c>message_not_found</c>; 409 <c>not_cancelable</c> with the status.
/// </summary>
internal static class CancelApi
{
    public static IEndpointRouteBuilder MapCancel(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/whatsappProxyCancel", CancelAsync);
        return routes;
    }

    private static async Task<IResult> CancelAsync(
        HttpRequest http, EmployeeGate gate, CancelStore store, LaneBell bell, ProxyMetrics metrics, IOptions<SendOptions> options, CancellationToken cancellationToken)
    {
        if (await RequestBody.ReadAsync(http, options.Value.BodyBytesMax, cancellationToken) is not { } body)
            return Refusal.TooLarge;
        if (RequestBody.IdIn(body, "requestId") is not { } requestId)
            return Refusal.InvalidRequest("requestId is required: the id that the send was answered with.");
        switch (await gate.AdmitAsync(http, cancellationToken))
        {
            case Admission.Denied denied:
                return denied.Refusal;
            case Admission.Granted { Caller.Uid: var uid }:
                return Answer(requestId, await store.CancelAsync(requestId, uid, cancellationToken), bell, metrics, options.Value);
            default:
                throw new InvalidOperationException("An admission of an unknown kind.");
        }
    }

    private static IResult Answer(string requestId, CancelOutcome outcome, LaneBell bell, ProxyMetrics metrics, SendOptions options)
    {
        metrics.Canceled(outcome.GetType().Name);
        switch (outcome)
        {
            case CancelOutcome.Canceled canceled:
                // A repeat rings too: whoever canceled the message may have died before the bell.
                bell.Unblock(canceled.Lane);
                return Results.Json(new { success = true, requestId, status = OutboxStatusNames.Canceled });
            case CancelOutcome.NotCancelable { Status: var status }:
                var word = status?.ToStored() ?? "unknown";
                return Results.Json(
                    new { success = false, error = "not_cancelable", message = $"The message is {word}: it can no longer be canceled.", status = word },
                    statusCode: StatusCodes.Status409Conflict);
            case CancelOutcome.Refused refused:
                return refused.Refusal;
            default:
                return Refusal.Unavailable(options.RetryAfter);
        }
    }
}
