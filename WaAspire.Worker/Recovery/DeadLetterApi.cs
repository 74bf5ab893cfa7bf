using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Recovery;

/// <summary>
/// The dead letters over HTTP, for operators: <c>GET /internal/dead-letters</c> lists and filters them, <c>POST
/// /internal/outbox/replay</c> sends many once more, <c>POST /internal/outbox/fail</c> gives up an old backlog, <c>POST
/// /internal/outbox/adopt</c> takes over those of the old system. Each call is a bounded page; <c>next</c> of the answer goes
/// into the next call until it is null.
/// </summary>
public static class DeadLetterApi
{
    private const int ListDefault = 50;
    private const int HistoryMax = 20;

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) } };

    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dead-letters", ListAsync);
        routes.MapPost("/outbox/replay", ReplayAsync);
        routes.MapPost("/outbox/fail", FailAsync);
        routes.MapPost("/outbox/adopt", AdoptAsync);
    }

    private static Task<IResult> ListAsync(
        DeadLetters letters, string? accountId, string? threadId, string? code, string? before, string? limit, CancellationToken cancellationToken) => GuardAsync(async () =>
        {
            var count = ListDefault;
            if (!DeadLetterPlace.TryParse(before, out var place)
                || (limit is not null && !int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count))
                || count is < 1 or > DeadLetters.PageMax)
            {
                return Invalid($"before must be a time or the next of an answer, limit a number from 1 to {DeadLetters.PageMax}.");
            }

            var page = await letters.NewestFirstAsync(new DeadLetterFilter(accountId, threadId, code), place, count, cancellationToken);
            return Results.Json(new { success = true, deadLetters = page.Messages.Select(Describe), next = page.Next?.ToString() }, _json);
        });

    private static Task<IResult> ReplayAsync(HttpRequest http, ReplayMany many, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var asked = await http.ReadFromJsonAsync<ReplayRequest>(_json, cancellationToken) ?? new ReplayRequest();
        var filter = new DeadLetterFilter(asked.AccountId, asked.ThreadId, asked.Code);
        if (asked.RequestIds is { } ids)
        {
            return filter.IsOpen && ids.Count is > 0 and <= DeadLetters.PageMax && ids.All(DocumentId.IsLawful)
                ? Answer(await many.ReplayAsync(ids, cancellationToken))
                : Invalid($"requestIds must be 1 to {DeadLetters.PageMax} ids, without a filter.");
        }

        if (filter.IsOpen || !DeadLetterPlace.TryParse(asked.Next, out var place) || asked.Limit is < 1 or > DeadLetters.PageMax)
        {
            return Invalid($"Name requestIds, or at least one of code, accountId and threadId; limit is a number from 1 to {DeadLetters.PageMax}.");
        }

        return Answer(await many.ReplayAsync(filter, place, asked.Until, asked.Limit ?? DeadLetters.PageMax, cancellationToken));
    });

    private static Task<IResult> FailAsync(HttpRequest http, FailBacklog backlog, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var asked = await http.ReadFromJsonAsync<FailRequest>(_json, cancellationToken);
        if (asked is not { AccountId.Length: > 0, OlderThan: { } olderThan } || (asked.Next is { } next && !DocumentId.IsLawful(next)))
        {
            return Invalid("accountId and olderThan (a time in UTC) are required.");
        }

        var (failed, go) = await backlog.FailAsync(asked.AccountId, olderThan, asked.Next, cancellationToken);
        return Results.Json(new { success = true, failed, next = go });
    });

    private static Task<IResult> AdoptAsync(HttpRequest http, OldDeadLetters old, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        var next = (await http.ReadFromJsonAsync<AdoptRequest>(_json, cancellationToken))?.Next;
        if (next is not null && !DocumentId.IsLawful(next))
        {
            return Invalid("next is the one of an answer.");
        }

        var (adopted, go) = await old.AdoptAsync(next, cancellationToken);
        return Results.Json(new { success = true, adopted, next = go });
    });

    private static object Describe(OutboxDocument message) => new
    {
        message.RequestId,
        message.AccountId,
        message.ThreadId,
        code = message.Failure?.Text("code"),
        title = message.Failure?.Text("title"),
        retryable = message.Failure?.Boolean("retryable") ?? false,
        message.OutcomeUnknown,
        message.FailedAt,
        message.AttemptCount,
        attemptHistory = message.AttemptHistory.TakeLast(HistoryMax).Select(entry => entry.AsMap).OfType<DocumentFields>().Select(entry => new
        {
            claimSeq = entry.Integer("claimSeq"),
            code = entry.Text("code"),
            title = entry.Text("title"),
            at = entry.Timestamp("at"),
        }),
    };

    private static IResult Answer(ReplayedMany done) =>
        Results.Json(new { success = true, done.Replayed, done.Skipped, next = done.Next?.ToString(), done.Until }, _json);

    private static IResult Invalid(string message) => OperatorApi.Refuse(400, "invalid_request", message);

    private static async Task<IResult> GuardAsync(Func<Task<IResult>> act)
    {
        try
        {
            return await act();
        }
        catch (Exception exception) when (exception is JsonException or BadHttpRequestException)
        {
            return Invalid("The body is not the JSON that this endpoint takes.");
        }
        catch (Exception exception) when (
            exception is FirestoreException { Status: not (FirestoreStatus.InvalidArgument or FirestoreStatus.FailedPrecondition) } or LanesUnavailableException)
        {
            return OperatorApi.Refuse(503, "service_unavailable", "Firestore gives no answer. What was done stays done: call again.");
        }
    }

    private sealed record ReplayRequest(
        IReadOnlyList<string>? RequestIds = null,
        string? AccountId = null,
        string? ThreadId = null,
        string? Code = null,
        string? Next = null,
        DateTimeOffset? Until = null,
        int? Limit = null);

    private sealed record AdoptRequest(string? Next);

    private sealed record FailRequest(string? AccountId, DateTimeOffset? OlderThan, string? Next);
}
