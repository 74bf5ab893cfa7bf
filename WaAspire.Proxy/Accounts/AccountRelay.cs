using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.Proxy.Envelope;
using WaAspire.Proxy.Operations;

namespace WaAspire.Proxy.Accounts;

/// <summary>
/// Asks a worker about accounts and passes its answer on: 2xx as it is; what a client can act on with its own status; the rest as
/// 500. Only words that we know leave in a refusal: what another process wrote may hold an address, a number or a stack trace.
/// </summary>
internal sealed class AccountRelay(WorkerClient worker, ILogger<AccountRelay> logger)
{
    private const string Below = "/api/whatsapp";

    /// <summary>Null when everything is configured.</summary>
    public Refusal? Missing => worker.Missing;

    /// <param name="http">The call that is answered.</param>
    /// <param name="method">Towards the worker.</param>
    /// <param name="path">Below <c>/api/whatsapp</c>.</param>
    /// <param name="style">How this function words its refusals.</param>
    /// <param name="shown">What to show of a good answer; all of it when not given.</param>
    /// <param name="body">JSON.</param>
    public async Task<IResult> AskAsync(HttpContext http, HttpMethod method, string path, RelayStyle style, Func<JsonElement, JsonNode>? shown = null, ReadOnlyMemory<byte> body = default)
    {
        if (worker.Missing is { } missing)
        {
            return missing;
        }

        var (requestId, correlationId) = CorrelationMiddleware.Of(http);
        // Clients repeat each of these as well: every one asks for a state, or for what is there.
        var answer = await worker.CallAsync(
            method, Below + path, body, mayRepeat: true, http.RequestAborted, (CorrelationMiddleware.RequestIdHeader, requestId), (CorrelationMiddleware.CorrelationIdHeader, correlationId));
        switch (answer)
        {
            case WorkerAnswer.Answered { Status: >= 200 and < 300 } good:
                return Results.Json(style == RelayStyle.Regenerate ? WithRequestId(good.Body, requestId) : shown?.Invoke(good.Body) ?? JsonObject.Create(good.Body), statusCode: good.Status);
            case WorkerAnswer.Answered refused:
                var answered = RelayRefusal.Of(refused.Status, refused.Body, style, requestId);
                if (answered.Body.TryGetPropertyValue("retryAfterSeconds", out var seconds))
                {
                    http.Response.Headers.RetryAfter = seconds!.GetValue<long>().ToString(CultureInfo.InvariantCulture);
                }

                return Results.Json(answered.Body, statusCode: answered.Status);
            case WorkerAnswer.None none:
                logger.WorkerUnanswered(none.Refusal.Error);
                return Results.Json(
                    new { success = false, error = none.Refusal.Error, message = none.Refusal.Message, requestId, upstreamStatusCode = none.Status }, statusCode: none.Refusal.Status);
            default:
                throw new InvalidOperationException("An answer of an unknown kind.");
        }
    }

    private static JsonObject WithRequestId(JsonElement body, string requestId)
    {
        var json = JsonObject.Create(body)!;
        json["requestId"] = requestId;
        return json;
    }
}

/// <summary>Which of the contract's ways to word a refusal.</summary>
internal enum RelayStyle
{
    /// <summary>Anything that a client cannot act on is 500 <c>backend_error</c>.</summary>
    Plain,

    /// <summary>The same, <c>internal_error</c>.</summary>
    Staff,

    /// <summary>As plain; besides, what was wrong with the request is passed on.</summary>
    Add,

    /// <summary>Every 4xx keeps its status; <c>UPSTREAM_HTTP_{status}</c> and a hint.</summary>
    Regenerate,
}
