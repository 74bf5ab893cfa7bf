using WaAspire.Messaging.Firestore;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Operations;

/// <summary>
/// <c>/ops/…</c>: the super-admin's verbs. What enters is a verb with a token; what leaves is the worker's own answer, and
/// an audit entry of who asked. If we die in between, the entry has no <c>after</c>, and the message says what was done.
/// </summary>
internal static class OperationsApi
{
    private static readonly string[] MessageVerbs = ["replay", "resend", "fail", "release"];
    private static readonly string[] AccountVerbs = ["pause", "resume"];

    public static IEndpointRouteBuilder MapOperations(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/ops");
        group.MapPost("/outbox/{requestId}/{verb}", (string requestId, string verb, HttpContext http, Operator person) =>
            MessageVerbs.Contains(verb) && DocumentId.IsLawful(requestId)
                ? person.ActAsync(http, $"outbox.{verb}", FirestorePaths.OutboxMessage(requestId), isOne: true)
                : Task.FromResult<IResult>(Refusal.NoSuchEndpoint));
        group.MapPost("/accounts/{accountId}/{verb}", (string accountId, string verb, HttpContext http, Operator person) =>
            AccountVerbs.Contains(verb) && DocumentId.IsLawful(accountId)
                ? person.ActAsync(http, $"accounts.{verb}", FirestorePaths.Account(accountId), isOne: true)
                : Task.FromResult<IResult>(Refusal.NoSuchEndpoint));
        group.MapPost("/outbox/replay", (HttpContext http, Operator person) => person.ActAsync(http, "outbox.replay", "outbox", isOne: false));
        group.MapPost("/outbox/fail", (HttpContext http, Operator person) => person.ActAsync(http, "outbox.fail", "outbox", isOne: false));
        group.MapPost("/outbox/adopt", (HttpContext http, Operator person) => person.ActAsync(http, "outbox.adopt", "outbox", isOne: false));
        group.MapGet("/dead-letters", (HttpContext http, Operator person) => person.LookAsync(http, "/internal/dead-letters"));
        group.MapGet("/audit", AuditAsync);
        return routes;
    }

    private static async Task<IResult> AuditAsync(HttpContext http, EmployeeGate gate, AuditLog audit, int? limit)
    {
        if (await gate.AdmitSuperAdminAsync(http.Request, http.RequestAborted) is Admission.Denied denied)
            return denied.Refusal;
        if (limit is < 1 or > 500)
            return Refusal.InvalidRequest("limit must be a number from 1 to 500.");
        var entries = await audit.ReadAsync(limit ?? 100, http.RequestAborted);
        return Results.Json(new
        {
            success = true,
            entries = entries.Select(entry => new
            {
                id = entry.Id,
                who = entry.Fields.Text("who"),
                whoEmail = entry.Fields.Text("whoEmail"),
                what = entry.Fields.Text("what"),
                target = entry.Fields.Text("target"),
                at = entry.Fields.Timestamp("at"),
                before = Plain(entry.Fields.Map("before")),
                after = Plain(entry.Fields.Map("after")),
                status = entry.Fields.Integer("status"),
            }),
        });
    }

    private static Dictionary<string, object?>? Plain(DocumentFields? fields) => fields?.ToDictionary(field => field.Key, field => Plain(field.Value));

    private static object? Plain(FirestoreValue value) =>
        (object?)value.AsString ?? value.AsInteger ?? value.AsBoolean ?? (object?)value.AsTimestamp ?? (object?)Plain(value.AsMap) ?? value.AsArray?.Select(Plain).ToArray();
}
