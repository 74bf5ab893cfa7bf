namespace WaAspire.Proxy.Envelope;

/// <summary>
/// Any origin may call: what protects an endpoint is its token, which no browser adds by itself. OPTIONS is answered here,
/// for every path and with or without the headers of a preflight.
/// </summary>
internal sealed class CrossOriginMiddleware(RequestDelegate next)
{
    private const string Methods = "GET, POST, DELETE, OPTIONS";
    private const string Headers = "Authorization, Content-Type, X-Request-ID, X-Correlation-Id, X-Firebase-AppCheck";
    private const string Exposed = "Retry-After, X-Request-ID, X-Correlation-Id";
    private const string CacheSeconds = "3600";

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.AccessControlAllowOrigin = "*";
            context.Response.Headers.AccessControlExposeHeaders = Exposed;
            return Task.CompletedTask;
        });
        if (!HttpMethods.IsOptions(context.Request.Method))
            return next(context);
        context.Response.Headers.AccessControlAllowMethods = Methods;
        context.Response.Headers.AccessControlAllowHeaders = Headers;
        context.Response.Headers.AccessControlMaxAge = CacheSeconds;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
