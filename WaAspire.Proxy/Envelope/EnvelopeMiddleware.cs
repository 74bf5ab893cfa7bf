using Microsoft.Extensions.Options;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Firestore;
using WaAspire.Proxy.Auth;

namespace WaAspire.Proxy.Envelope;

/// <summary>
/// The last word on every answer: an unknown path, a wrong method, an outage and a bug all leave as JSON in the one
/// envelope, because a shipped client takes anything else for a web page. No detail of an exception leaves.
/// </summary>
internal sealed class EnvelopeMiddleware(RequestDelegate next, IOptions<SendOptions> options, ILogger<EnvelopeMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && EmptyAnswer(context.Response) is { } refusal)
                await refusal.ExecuteAsync(context);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: nobody is left to be told anything.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            var refusal = RefusalFor(exception);
            context.Response.Clear();
            await refusal.ExecuteAsync(context);
        }
    }

    private static Refusal? EmptyAnswer(HttpResponse response) => response.StatusCode switch
    {
        _ when response.ContentType is not null => null,
        StatusCodes.Status404NotFound => Refusal.NoSuchEndpoint,
        StatusCodes.Status405MethodNotAllowed => Refusal.MethodNotAllowed,
        _ => null,
    };

    private Refusal RefusalFor(Exception exception)
    {
        switch (exception)
        {
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return Refusal.TooLarge;
            case BadHttpRequestException:
                return Refusal.InvalidRequest("The request could not be read.");
            case FirestoreException { Status: not (FirestoreStatus.InvalidArgument or FirestoreStatus.FailedPrecondition) } outage:
                logger.StoreUnreachable(outage.Status.ToString());
                return Refusal.Unavailable(options.Value.RetryAfter);
            case KeysUnavailableException:
                return Refusal.Unavailable(options.Value.RetryAfter);
            default:
                logger.RequestFailed(exception);
                return Refusal.Internal;
        }
    }
}
