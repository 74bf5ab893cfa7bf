using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Proxy.Auth;
using WaAspire.Proxy.Envelope;
using WaAspire.Proxy.Operations;
using WaAspire.Proxy.Threads;

namespace WaAspire.Proxy.Accounts;

/// <summary>
/// Accounts for apps. Enters: a call of a shipped client, which repeats whatever does not end with 2xx. Leaves: the worker's own
/// answer, or a refusal in the one envelope. Checks run in the order of every function: method, token, role, what was asked,
/// configuration, worker. If we die in between, the repeat changes nothing that was done.
/// </summary>
internal static class AccountsApi
{
    private const int InboxDefault = 100;
    private const int InboxMax = 500;

    public static IEndpointRouteBuilder MapAccounts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/whatsappProxyGetAccounts", ListAsync);
        routes.MapGet("/whatsappProxyGetAccountsStaff", ListForStaffAsync);
        routes.MapPost("/whatsappProxyAddAccount", AddAsync);
        routes.MapPost("/whatsappProxyRegenerateQr", RegenerateAsync);
        routes.MapMethods("/whatsappProxyDeleteAccount", [HttpMethods.Post, HttpMethods.Delete], DeleteAsync);
        routes.MapPost("/whatsappProxyBackfillAccount", BackfillAsync);
        routes.MapGet("/whatsappProxyGetInbox", InboxAsync);
        routes.Map("/whatsapp/{**rest}", () => new Refusal(410, "deprecated", "This function is no more. Use the whatsappProxy functions."));
        return routes;
    }

    private static async Task<IResult> ListAsync(HttpContext http, EmployeeGate gate, AccountRelay relay) =>
        await gate.AdmitSuperAdminAsync(http.Request, http.RequestAborted) is Admission.Denied denied
            ? denied.Refusal
            : await relay.AskAsync(http, HttpMethod.Get, "/accounts", RelayStyle.Plain);

    private static async Task<IResult> ListForStaffAsync(HttpContext http, EmployeeGate gate, AccountRelay relay, IOptions<StaffOptions> options) =>
        await gate.AdmitAsync(http.Request, http.RequestAborted) is Admission.Denied denied
            ? denied.Refusal
            : await relay.AskAsync(http, HttpMethod.Get, "/accounts", RelayStyle.Staff, answer => StaffAccounts.Of(answer, options.Value.AdminPhone));

    private static async Task<IResult> AddAsync(HttpContext http, EmployeeGate gate, AccountRelay relay, AuditLog audit)
    {
        var admission = await gate.AdmitSuperAdminAsync(http.Request, http.RequestAborted);
        if (admission is Admission.Denied denied)
        {
            return denied.Refusal;
        }

        if (await RequestBody.ReadAsync(http.Request, AddAccountRequest.BytesMax, http.RequestAborted) is not { } body)
        {
            return Refusal.TooLarge;
        }

        if (!AddAccountRequest.TryRead(body, out var request, out var problem))
        {
            return Refusal.InvalidRequest(problem);
        }

        var caller = ((Admission.Granted)admission).Caller;
        return relay.Missing ?? await audit.KeepAsync(
            caller, "accounts.add", FirestorePaths.Accounts, request.ForAudit(), () => relay.AskAsync(http, HttpMethod.Post, "/add-account", RelayStyle.Add, body: request.ToJson()), http.RequestAborted);
    }

    private static Task<IResult> RegenerateAsync(HttpContext http, EmployeeGate gate, AccountRelay relay) => WithAccountAsync(
        http, gate.AdmitSuperAdminAsync, (accountId, _) => relay.AskAsync(http, HttpMethod.Post, $"/regenerate-qr/{Uri.EscapeDataString(accountId)}", RelayStyle.Regenerate));

    private static Task<IResult> DeleteAsync(HttpContext http, EmployeeGate gate, AccountRelay relay, AuditLog audit) => WithAccountAsync(
        http,
        gate.AdmitSuperAdminAsync,
        async (accountId, caller) => relay.Missing ?? await audit.KeepAsync(
            caller,
            "accounts.delete",
            FirestorePaths.Account(accountId),
            request: null,
            () => relay.AskAsync(http, HttpMethod.Delete, $"/accounts/{Uri.EscapeDataString(accountId)}", RelayStyle.Plain),
            http.RequestAborted));

    private static Task<IResult> BackfillAsync(HttpContext http, EmployeeGate gate, AccountRelay relay) => WithAccountAsync(
        http, gate.AdmitAsync, (accountId, _) => relay.AskAsync(http, HttpMethod.Post, $"/backfill/{Uri.EscapeDataString(accountId)}", RelayStyle.Plain));

    private static Task<IResult> InboxAsync(HttpContext http, EmployeeGate gate, AdminOnlyAccounts adminOnly, AccountRelay relay, string? limit) => WithAccountAsync(
        http,
        gate.AdmitAsync,
        async (accountId, caller) => (IResult?)await adminOnly.RefuseAsync(accountId, caller, http.RequestAborted)
            ?? await relay.AskAsync(http, HttpMethod.Get, $"/inbox/{Uri.EscapeDataString(accountId)}?limit={Limits.Of(limit, InboxDefault, InboxMax)}", RelayStyle.Plain));

    /// <summary>Token and role first, then the account that is named in the query, else in the body.</summary>
    private static async Task<IResult> WithAccountAsync(
        HttpContext http, Func<HttpRequest, CancellationToken, Task<Admission>> admit, Func<string, Caller, Task<IResult>> act)
    {
        var admission = await admit(http.Request, http.RequestAborted);
        if (admission is Admission.Denied denied)
        {
            return denied.Refusal;
        }

        return await AccountIdAsync(http.Request) is { } accountId
            ? await act(accountId, ((Admission.Granted)admission).Caller)
            : Refusal.InvalidRequest("accountId is required, in the query or in the body.");
    }

    private static async Task<string?> AccountIdAsync(HttpRequest request)
    {
        var named = request.Query["accountId"].ToString().Trim();
        if (named.Length > 0)
        {
            return DocumentId.IsLawful(named) ? named : null;
        }

        return await RequestBody.ReadAsync(request, AddAccountRequest.BytesMax, request.HttpContext.RequestAborted) is { } body
            && RequestBody.IdIn(body, "accountId")?.Trim() is { Length: > 0 } accountId
                ? accountId
                : null;
    }
}
