using WaAspire.Messaging.Inbound;

namespace WaAspire.Proxy.Webhooks;

/// <summary>
/// Sees how every webhook request was answered. One that did not get its 200 may have held a receipt, so from then on
/// silence about an earlier message means nothing. It stands outside of everything that can turn an answer into an error.
/// </summary>
internal sealed class IntakeWatch(RequestDelegate next, IntakeEvidence evidence)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var isWebhook = HttpMethods.IsPost(context.Request.Method) && context.Request.Path.StartsWithSegments("/webhooks");
        var isAnswered = false;
        try
        {
            await next(context);
            isAnswered = context.Response.StatusCode == StatusCodes.Status200OK && !context.RequestAborted.IsCancellationRequested;
        }
        finally
        {
            if (isWebhook && !isAnswered)
                evidence.NotWhole();
        }
    }
}
