using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Api;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Overview;

/// <summary>
/// <c>GET /internal/overview</c>, for the operator's page: <c>{success, at, figures, uncertainCount, failedLastHour, accounts[], queues[],
/// waiting[], uncertain[], deadLetters[], deadLettersNext}</c>. <c>figures</c> is the body of <c>/metrics-json</c>; no list holds what a message says.
/// Times are ISO-8601 in UTC, but those that the account list of clients has otherwise. 503 <c>service_unavailable</c> when Firestore is out.
/// </summary>
internal static class OverviewApi
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    public static void MapOverview(this IEndpointRouteBuilder routes) => routes.MapGet("/overview", AnswerAsync);

    private static async Task<IResult> AnswerAsync(OverviewReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return Results.Json(Show(await reader.ReadAsync(cancellationToken)), _json);
        }
        catch (FirestoreException)
        {
            return OperatorApi.Refuse(503, "service_unavailable", "Firestore gives no answer.");
        }
    }

    private static object Show(FleetOverview look) => new
    {
        success = true,
        at = AccountView.Iso(look.At),
        figures = look.Figures.Shown,
        uncertainCount = look.Figures.Uncertain,
        failedLastHour = look.Figures.FailedLastHour,
        accounts = look.Accounts.Select(account => Account(account, look)),
        queues = look.Waiting.ByAccount.Select(queue => new { queue.AccountId, queue.Queued, oldestAt = Iso(queue.OldestAt) }),
        waiting = look.Waiting.Oldest.Select(message => new
        {
            message.RequestId,
            message.AccountId,
            message.ThreadId,
            orderAt = Iso(message.OrderAt),
            nextAttemptAt = Iso(message.NextAttemptAt),
            message.AttemptCount,
        }),
        uncertain = look.Doubts.Select(Doubt).OrderBy(doubt => doubt.DoubtSince, StringComparer.Ordinal),
        deadLetters = look.DeadLetters.Messages.Select(DeadLetterApi.Describe),
        deadLettersNext = look.DeadLetters.Next?.ToString(),
    };

    private static JsonObject Account(StoredDocument account, FleetOverview look)
    {
        var json = AccountView.Of(account, look.At);
        var activity = look.ActivityOf(account.Id);
        json["lastInboundAt"] = Iso(activity.LastInboundAt);
        json["lastAckAt"] = Iso(activity.LastAckAt);
        return json;
    }

    private static DoubtShown Doubt(StoredDocument stored)
    {
        var message = OutboxDocument.Read(stored);
        return new DoubtShown(
            message.RequestId,
            message.AccountId,
            message.ThreadId,
            Iso(message.DoubtSince),
            stored.Fields.Text(OutboxFields.DoubtReason),
            message.AttemptCount,
            message.ClaimedBy,
            IsReleased: message.OrderAt is null);
    }

    private static string? Iso(DateTimeOffset? time) => time is { } at ? AccountView.Iso(at) : null;

    private sealed record DoubtShown(
        string RequestId, string? AccountId, string? ThreadId, string? DoubtSince, string? DoubtReason, long AttemptCount, string? ClaimedBy, bool IsReleased);
}
