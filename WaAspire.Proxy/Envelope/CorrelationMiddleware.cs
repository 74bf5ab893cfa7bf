namespace WaAspire.Proxy.Envelope;

/// <summary>
/// One id to find a request by in everybody's logs: the client's <c>X-Request-ID</c> or <c>X-Correlation-Id</c>, else one of
/// ours. It is echoed and stands in the scope of every log line. What a stranger sends is kept to harmless characters.
/// </summary>
internal sealed class CorrelationMiddleware(RequestDelegate next, TimeProvider time, ILogger<CorrelationMiddleware> logger)
{
    public const string RequestIdHeader = "X-Request-ID";
    public const string CorrelationIdHeader = "X-Correlation-Id";
    private const int LengthMax = 128;

    public async Task InvokeAsync(HttpContext context)
    {
        var sentRequestId = Sanitised(context.Request.Headers[RequestIdHeader].ToString());
        var sentCorrelationId = Sanitised(context.Request.Headers[CorrelationIdHeader].ToString());
        var requestId = sentRequestId ?? sentCorrelationId ?? $"{PrefixOf(context.Request.Path)}_{time.GetUtcNow().ToUnixTimeMilliseconds()}";
        var correlationId = sentCorrelationId ?? requestId;
        context.Items[RequestIdHeader] = requestId;
        context.Items[CorrelationIdHeader] = correlationId;
        // On start, because an answer that is cleared after a failure loses the headers it had.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[RequestIdHeader] = requestId;
            context.Response.Headers[CorrelationIdHeader] = correlationId;
            return Task.CompletedTask;
        });
        using (logger.BeginScope(new Dictionary<string, object> { ["RequestId"] = requestId, ["CorrelationId"] = correlationId }))
            await next(context);
    }

    /// <summary>What this request goes by in everybody's logs, for whoever asks another process on its behalf.</summary>
    public static (string RequestId, string CorrelationId) Of(HttpContext context) =>
        ((string)context.Items[RequestIdHeader]!, (string)context.Items[CorrelationIdHeader]!);

    private static string PrefixOf(PathString path) => (path.Value ?? "")[((path.Value ?? "").LastIndexOf('/') + 1)..] switch
    {
        "whatsappProxyGetAccounts" => "getAccounts",
        "whatsappProxyGetAccountsStaff" => "getAccountsStaff",
        "whatsappProxyGetInbox" => "getInbox",
        "whatsappWhoAmI" => "whoami",
        _ => "proxy",
    };

    private static string? Sanitised(string sent)
    {
        var kept = string.Concat(sent.Take(LengthMax).Where(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ':'));
        return kept.Length > 0 ? kept : null;
    }
}
