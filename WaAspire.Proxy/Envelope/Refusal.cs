using WaAspire.Messaging.Enqueue;

namespace WaAspire.Proxy.Envelope;

/// <summary>
/// What every error looks like: <c>{"success":false,"error":"thread_not_found","message":"…"}</c>. Shipped clients choose
/// their wording by looking for 500, 503, 401, "unauthorized", "timeout" and "service_unavailable" in what they were told,
/// so no message holds one of these unless it means it.
/// </summary>
internal sealed record Refusal(int Status, string Error, string Message, TimeSpan? RetryAfter = null) : IResult
{
    public static readonly Refusal MissingToken = new(401, "missing_auth_token", "Send an ID token: Authorization: Bearer followed by the token.");
    public static readonly Refusal BadToken = new(401, "unauthorized", "The ID token is not valid or has expired.");
    public static readonly Refusal EmployeeOnly = new(403, "employee_only", "Only employees may do this.");
    public static readonly Refusal SuperAdminOnly = new(403, "super_admin_only", "Only the super-admin may do this.");
    public static readonly Refusal AccountMismatch = new(403, "account_mismatch", "The thread belongs to another account.");
    public static readonly Refusal RecipientMismatch = new(403, "recipient_mismatch", "The recipient is not the thread's contact.");

    // This text is contractual: people look for it in the runbook.
    public static readonly Refusal NotOwner = new(403, "not_owner_or_cowriter", "Only thread owner or co-writers can send messages");
    public static readonly Refusal MessageNotFound = new(404, "message_not_found", "There is no such message.");
    public static readonly Refusal NoSuchEndpoint = new(404, "not_found", "There is no such endpoint.");
    public static readonly Refusal MethodNotAllowed = new(405, "method_not_allowed", "This endpoint does not take this method.");
    public static readonly Refusal TooLarge = new(413, "payload_too_large", "The body is larger than this endpoint takes.");
    public static readonly Refusal WorkerUnreachable = new(502, "backend_connection_failed", "The worker does not answer.");
    public static readonly Refusal WorkerUnreadable = new(502, "invalid_backend_response", "The worker's answer is not one.");
    public static readonly Refusal Internal = new(500, "internal_error", "Something went wrong on our side.");

    public static readonly Refusal FleetUnseen = new(503, "service_unavailable", "The worker could not look at the fleet.");

    public static Refusal InvalidRequest(string message) => new(400, "invalid_request", message);

    public static Refusal ThreadNotFound(string threadId) => new(404, "thread_not_found", $"There is no thread {threadId}.");

    /// <summary>What the enqueue says, in the contract's words.</summary>
    public static Refusal Of(SendRefusal reason, string threadId) => reason switch
    {
        SendRefusal.ThreadNotFound => ThreadNotFound(threadId),
        SendRefusal.AccountMismatch => AccountMismatch,
        SendRefusal.RecipientMismatch => RecipientMismatch,
        _ => NotOwner,
    };

    public static Refusal ConfigurationMissing(string setting) => new(500, "configuration_missing", $"{setting} is not configured.");

    public static Refusal TooManyPages(TimeSpan retryAfter) => new(503, "service_unavailable", "As many pages are open as may be.", retryAfter);

    /// <summary>Nothing is known to be stored: the same request may come again, under the same client message id.</summary>
    public static Refusal Unavailable(TimeSpan retryAfter) =>
        new(503, "service_unavailable", "The message store does not answer. Try again with the same clientMessageId.", retryAfter);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;
        if (RetryAfter is not { } retryAfter)
            return httpContext.Response.WriteAsJsonAsync(new { success = false, error = Error, message = Message }, httpContext.RequestAborted);
        var seconds = (int)Math.Ceiling(retryAfter.TotalSeconds);
        httpContext.Response.Headers.RetryAfter = seconds.ToString();
        return httpContext.Response.WriteAsJsonAsync(
            new { success = false, error = Error, message = Message, retryAfterSeconds = seconds }, httpContext.RequestAborted);
    }
}
