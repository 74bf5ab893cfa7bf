using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Threads;

/// <summary>
/// <c>GET /whatsappProxyGetThreads?accountId=…&amp;limit=…</c>: an account's conversations for an employee, the last active first,
/// from Firestore alone. An App Check header is welcome and not asked for: shipped clients send none.
/// </summary>
internal static class ThreadListApi
{
    private const int Most = 500;

    public static IEndpointRouteBuilder MapThreadList(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/whatsappProxyGetThreads", ListAsync);
        return routes;
    }

    private static async Task<IResult> ListAsync(
        HttpRequest http, EmployeeGate gate, AdminOnlyAccounts adminOnly, ConversationReader conversations, string? accountId, string? limit, CancellationToken cancellationToken)
    {
        var admission = await gate.AdmitAsync(http, cancellationToken);
        if (admission is Admission.Denied denied)
        {
            return InThisFunctionsWords(denied.Refusal);
        }

        if (!DocumentId.IsLawful(accountId?.Trim()))
        {
            return Refusal.InvalidRequest("accountId is required.");
        }

        var account = accountId!.Trim();
        if (await adminOnly.RefuseAsync(account, ((Admission.Granted)admission).Caller, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var threads = new JsonArray();
        foreach (var thread in await conversations.ThreadsAsync(account, Limits.Of(limit, Most, Most), cancellationToken))
        {
            var json = ClientJson.Of(thread.Fields);
            json["id"] = thread.Id;
            threads.Add((JsonNode)json);
        }

        return Results.Json(new { success = true, count = threads.Count, threads });
    }

    private static Refusal InThisFunctionsWords(Refusal refusal) => refusal.Error switch
    {
        "missing_auth_token" => refusal with { Error = "missing_id_token" },
        "unauthorized" => refusal with { Error = "invalid_id_token" },
        _ => refusal,
    };
}
