using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Delivery;

/// <summary>
/// <c>POST /internal/statuses/repair[?accountId=…&amp;since=…]</c> asks Meta for what webhooks never told, one part at a time:
/// <c>goOnAt</c> of the answer is the next <c>since</c>. <c>GET /internal/delivery</c> lists what is accepted and not
/// delivered, by account. Both behind the internal token.
/// </summary>
public static class DeliveryApi
{
    public static IEndpointRouteBuilder MapDelivery(this IEndpointRouteBuilder internals)
    {
        internals.MapPost("/statuses/repair", (string? accountId, DateTimeOffset? since, StatusRepair repair, CancellationToken token) => AnswerAsync(async () =>
        {
            var result = await repair.RepairAsync(accountId, since, token);
            return Results.Json(new { success = true, asked = result.Asked, unanswered = result.Unanswered, repaired = result.Repaired, goOnAt = result.GoOnAt?.UtcDateTime });
        }));
        internals.MapGet("/delivery", (DeliveryWatch watch, CancellationToken token) => AnswerAsync(async () =>
            Results.Json(new { success = true, accounts = await watch.ListAsync(token) })));
        return internals;
    }

    private static async Task<IResult> AnswerAsync(Func<Task<IResult>> answer)
    {
        try
        {
            return await answer();
        }
        catch (FirestoreException)
        {
            return Results.Json(new { success = false, error = "service_unavailable", message = "Firestore gives no answer." }, statusCode: 503);
        }
    }
}
