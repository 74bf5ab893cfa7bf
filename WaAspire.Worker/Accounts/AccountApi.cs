using System.Text.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// A person stops an account or a template from sending, or lets it again, with <c>X-Internal-Token</c>:
/// <c>POST /internal/accounts/{id}/pause</c> {reason, until?}, <c>…/resume</c> {reason?, template?: {name, language}}.
/// <c>…/resume</c> with {newContacts: true} lets it begin conversations again that WhatsApp's restriction has stopped.
/// <c>…/pair</c> {phone?, fresh?} asks the account's owner for a code, wherever it is; the code shows in the account.
/// <c>…/history</c> {threads?, messages?} has the owner ask the phone for older messages; they come in later.
/// 200 {success, accountId, changed}; 400 <c>invalid_request</c>, 404 <c>account_not_found</c>, 409 <c>conflict</c>, 503 <c>service_unavailable</c>.
/// </summary>
public static class AccountApi
{
    private const int ReasonLengthMax = 200;

    public static IEndpointRouteBuilder MapAccountVerbs(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/internal/accounts").AddEndpointFilter(OperatorApi.RequireTokenAsync);
        group.MapPost("/{accountId}/pause", PauseAsync);
        group.MapPost("/{accountId}/resume", ResumeAsync);
        group.MapPost("/{accountId}/pair", PairAsync);
        group.MapPost("/{accountId}/history", HistoryAsync);
        return routes;
    }

    private static Task<IResult> PauseAsync(
        string accountId, HttpRequest http, AccountPauses pauses, AccountDirectory accounts, CancellationToken cancellationToken) => AnswerAsync<PauseRequest>(
        accountId,
        http,
        accounts,
        request => pauses.PauseAsync(
            accountId, request?.Reason is { Length: > 0 and <= ReasonLengthMax } given ? given : SendPause.Operator, request?.Until, cancellationToken),
        cancellationToken);

    private static Task<IResult> ResumeAsync(
        string accountId, HttpRequest http, AccountPauses pauses, AccountDirectory accounts, CancellationToken cancellationToken) => AnswerAsync<ResumeRequest>(
        accountId,
        http,
        accounts,
        request => request?.Template is { Name.Length: > 0 } template
            ? pauses.ResumeTemplateAsync(accountId, new TemplateName(template.Name, template.Language ?? ""), cancellationToken)
            : request?.NewContacts == true ? pauses.ResumeNewContactsAsync(accountId, SendPause.Operator, _ => true, cancellationToken)
            : pauses.ResumeAsync(accountId, SendPause.Operator, _ => true, cancellationToken),
        cancellationToken);

    private static Task<IResult> PairAsync(
        string accountId, HttpRequest http, PairRequests requests, AccountDirectory accounts, CancellationToken cancellationToken) => AnswerAsync<PairBody>(
        accountId, http, accounts, request => requests.AskAsync(accountId, request?.Phone, request?.Fresh ?? false, cancellationToken), cancellationToken);

    private static Task<IResult> HistoryAsync(
        string accountId, HttpRequest http, HistoryRequests requests, AccountDirectory accounts, CancellationToken cancellationToken) => AnswerAsync<HistoryBody>(
        accountId,
        http,
        accounts,
        request => requests.RequestHistoryAsync(accountId, request?.Threads ?? HistoryRequest.ThreadsUsual, request?.Messages ?? HistoryRequest.MessagesMax, cancellationToken),
        cancellationToken);

    private static async Task<IResult> AnswerAsync<TRequest>(
        string accountId, HttpRequest http, AccountDirectory accounts, Func<TRequest?, Task<PauseResult>> change, CancellationToken cancellationToken)
        where TRequest : class
    {
        TRequest? request;
        try
        {
            // No body at all is lawful: every field has a default.
            request = http.ContentType is null || http.ContentLength == 0 ? null : await http.ReadFromJsonAsync<TRequest>(cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or BadHttpRequestException or InvalidOperationException)
        {
            return Refuse(400, "invalid_request", "The body is not the JSON that this endpoint takes.");
        }

        try
        {
            var changed = await change(request);
            if (changed == PauseResult.Done)
            {
                // The signal that tells all workers needs Redis; this one can do without.
                await accounts.ReadAsync(accountId, cancellationToken);
            }

            return changed switch
            {
                PauseResult.NotFound => Refuse(404, "account_not_found", "There is no such account."),
                PauseResult.Conflict => Refuse(409, "conflict", "The account changed at the same time. Look again."),
                var result => Results.Json(new { success = true, accountId, changed = result == PauseResult.Done }),
            };
        }
        catch (FirestoreException)
        {
            return Refuse(503, "service_unavailable", "Firestore gives no answer. What was done stays done: call again.");
        }
    }

    private static IResult Refuse(int status, string error, string message) =>
        Results.Json(new { success = false, error, message }, statusCode: status);

    private sealed record PauseRequest(string? Reason, DateTimeOffset? Until);

    private sealed record HistoryBody(int? Threads, int? Messages);

    private sealed record PairBody(string? Phone, bool? Fresh);

    private sealed record ResumeRequest(string? Reason, TemplateRequest? Template, bool? NewContacts);

    private sealed record TemplateRequest(string Name, string? Language);
}
