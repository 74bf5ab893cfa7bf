using System.Security.Cryptography;
using System.Text;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Delivery;
using WaAspire.Worker.Overview;

namespace WaAspire.Worker.Recovery;

/// <summary>The verbs that act. Every call carries <c>X-Internal-Token</c>; without a configured <c>INTERNAL_TOKEN</c> nobody may act.</summary>
public static class OperatorApi
{
    private const string TokenHeader = "X-Internal-Token";

    public static IEndpointRouteBuilder MapOperatorVerbs(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/internal").AddEndpointFilter(RequireTokenAsync);
        group.MapPost("/outbox/{requestId}/resend", (string requestId, OperatorVerbs verbs, CancellationToken token) => AnswerAsync(requestId, verbs.ResendAsync, token));
        group.MapPost("/outbox/{requestId}/fail", (string requestId, OperatorVerbs verbs, CancellationToken token) => AnswerAsync(requestId, verbs.FailAsync, token));
        group.MapPost("/outbox/{requestId}/release", (string requestId, OperatorVerbs verbs, CancellationToken token) => AnswerAsync(requestId, verbs.ReleaseAsync, token));
        group.MapPost("/outbox/{requestId}/cancel", (string requestId, OperatorVerbs verbs, CancellationToken token) => AnswerAsync(requestId, verbs.CancelAsync, token));
        group.MapPost("/outbox/{requestId}/replay", (string requestId, bool? confirmedNotSent, OperatorVerbs verbs, CancellationToken token) =>
            AnswerAsync(requestId, (id, cancellation) => verbs.ReplayAsync(id, confirmedNotSent ?? false, cancellation), token));
        group.MapDeadLetters();
        group.MapPost("/sweep", SweepAsync);
        group.MapPost("/drain", Drain);
        group.MapDelivery();
        group.MapOverview();
        return routes;
    }

    private static async Task<IResult> AnswerAsync(
        string requestId, Func<string, CancellationToken, Task<(VerbResult Result, OutboxStatus? Status)>> verb, CancellationToken cancellationToken)
    {
        try
        {
            var (result, status) = await verb(requestId, cancellationToken);
            return result switch
            {
                VerbResult.Done => Results.Json(new { success = true, requestId }),
                VerbResult.NotFound => Refuse(404, "message_not_found", "There is no such message."),
                VerbResult.WrongState => Refuse(409, "wrong_state", $"The message is {status?.ToStored() ?? "in an unknown state"}."),
                VerbResult.OutcomeUnknown => Refuse(409, "outcome_unknown", "It was given up without proof. Look at the phone, then say confirmedNotSent=true."),
                VerbResult.Expired => Refuse(409, "expired", "Its expiresAt has passed: it would never be sent."),
                _ => Refuse(409, "conflict", "The message changed at the same time. Look again."),
            };
        }
        catch (FirestoreException)
        {
            return Refuse(503, "service_unavailable", "Firestore gives no answer.");
        }
        catch (LanesUnavailableException)
        {
            // The change is stored; only the wake-up is missing, and the sweep makes up for it.
            return Results.Json(new { success = true, requestId });
        }
    }

    private static async Task<IResult> SweepAsync(SweepLoop sweep, CancellationToken cancellationToken)
    {
        try
        {
            return Results.Json(new { success = true, found = await sweep.SweepAsync(cancellationToken) });
        }
        catch (FirestoreException)
        {
            return Refuse(503, "service_unavailable", "Firestore gives no answer.");
        }
    }

    private static IResult Drain(IHostApplicationLifetime lifetime)
    {
        lifetime.StopApplication();
        return Results.Json(new { success = true }, statusCode: 202);
    }

    /// <summary>For every endpoint that acts.</summary>
    internal static async ValueTask<object?> RequireTokenAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var expected = context.HttpContext.RequestServices.GetRequiredService<IConfiguration>()["INTERNAL_TOKEN"];
        var given = context.HttpContext.Request.Headers[TokenHeader].ToString();
        return !string.IsNullOrEmpty(expected) && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given))
            ? await next(context)
            : Refuse(401, "missing_internal_token", $"{TokenHeader} is missing or wrong.");
    }

    internal static IResult Refuse(int status, string error, string message) =>
        Results.Json(new { success = false, error, message }, statusCode: status);
}
