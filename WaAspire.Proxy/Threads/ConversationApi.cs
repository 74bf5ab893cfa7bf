using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Threads;

/// <summary>
/// <c>GET /ops/threads/{threadId}/messages?limit=…</c>: one conversation for whoever may read it by Firestore's rules, the newest message
/// first: <c>{success, thread, messages, count}</c>, in the fields and times of shipped clients. From Firestore alone.
/// </summary>
internal static class ConversationApi
{
    private const int Usual = 50;
    private const int Most = 200;

    public static void MapConversation(this IEndpointRouteBuilder routes) => routes.MapGet("/threads/{threadId}/messages", ReadAsync);

    private static async Task<IResult> ReadAsync(
        HttpRequest http, EmployeeGate gate, AdminOnlyAccounts adminOnly, ConversationReader conversations, string threadId, string? limit, CancellationToken cancellationToken)
    {
        var admission = await gate.AdmitAsync(http, cancellationToken);
        if (admission is Admission.Denied denied)
        {
            return denied.Refusal;
        }

        if (!DocumentId.IsLawful(threadId) || await conversations.FindAsync(threadId, cancellationToken) is not { } thread)
        {
            return Refusal.ThreadNotFound(threadId);
        }

        if (await adminOnly.RefuseAsync(thread.Fields.Text(ThreadFields.AccountId), ((Admission.Granted)admission).Caller, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var messages = await conversations.MessagesAsync(threadId, Limits.Of(limit, Usual, Most), cancellationToken);
        return Results.Json(new
        {
            success = true,
            thread = WithId(ClientJson.Of(thread.Fields, ThreadFields.WaitingReactions), thread.Id),
            messages = messages.Select(message => WithId(ClientJson.Of(message.Fields, ConversationReader.Evidence), message.Id)),
            count = messages.Count,
        });
    }

    private static JsonObject WithId(JsonObject json, string id)
    {
        json["id"] = id;
        return json;
    }
}
