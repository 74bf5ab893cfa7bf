using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Threads;

/// <summary>
/// <c>POST /whatsappProxyMarkRead {"threadId":"…"}</c>: an employee has looked at a conversation, and its unread count begins
/// again at 0. Repeating it changes nothing. Checks run in the order of every function: method, body, token, role, Firestore.
/// </summary>
internal static class ThreadsApi
{
    private const int BodyBytesMax = 16 * 1024;

    public static IEndpointRouteBuilder MapThreads(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/whatsappProxyMarkRead", MarkReadAsync);
        return routes;
    }

    private static async Task<IResult> MarkReadAsync(HttpRequest http, EmployeeGate gate, UnreadCounts unread, CancellationToken cancellationToken)
    {
        if (await RequestBody.ReadAsync(http, BodyBytesMax, cancellationToken) is not { } body)
        {
            return Refusal.TooLarge;
        }

        if (RequestBody.IdIn(body, "threadId") is not { } threadId)
        {
            return Refusal.InvalidRequest("Required fields: threadId.");
        }

        return await gate.AdmitAsync(http, cancellationToken) switch
        {
            Admission.Denied denied => denied.Refusal,
            Admission.Granted granted when await unread.ResetAsync(threadId, granted.Caller, cancellationToken) is { } refusal => refusal,
            _ => Results.Json(new { success = true, threadId, unreadCount = 0 }),
        };
    }
}
