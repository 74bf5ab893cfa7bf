using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Webhooks;

/// <summary>
/// <c>/webhooks/whatsapp</c>: Meta's verification and Meta's updates. What enters is signed bytes; what leaves is stored
/// messages and statuses and then a 200. If we die in between, Meta delivers again, and what was stored is seen as such.
/// </summary>
/// <remarks>https://developers.facebook.com/docs/graph-api/webhooks/getting-started</remarks>
internal static class WebhooksApi
{
    private static readonly Refusal NotVerified = new(403, "forbidden", "The verify token is not ours.");
    private static readonly Refusal BadSignature = new(401, "unauthorized", "The signature does not fit the body.");

    public static IEndpointRouteBuilder MapWebhooks(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/webhooks/whatsapp", Verify);
        routes.MapPost("/webhooks/whatsapp", ReceiveAsync);
        return routes;
    }

    private static IResult Verify(HttpRequest request, IOptions<WebhookOptions> options)
    {
        if (options.Value.VerifyToken is not { Length: > 0 } expected)
            return Refusal.ConfigurationMissing(WebhookOptions.VerifyTokenName);
        var isOurs = CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(request.Query["hub.verify_token"].ToString()));
        return isOurs && request.Query["hub.mode"] == "subscribe"
            ? Results.Text(request.Query["hub.challenge"].ToString())
            : NotVerified;
    }

    private static async Task<IResult> ReceiveAsync(
        HttpRequest request, WebhookIntake intake, WebhookGate gate, IOptions<WebhookOptions> options, ILogger<WebhookUpdates> logger, CancellationToken cancellationToken)
    {
        if (options.Value.AppSecret is not { Length: > 0 } secret)
        {
            logger.SettingMissing(WebhookOptions.AppSecretName);
            return Refusal.ConfigurationMissing(WebhookOptions.AppSecretName);
        }

        if (await RequestBody.ReadAsync(request, options.Value.BodyBytesMax, cancellationToken) is not { } body)
        {
            return Refusal.TooLarge;
        }

        if (!WebhookSignature.IsGood(request.Headers[WebhookSignature.Header].ToString(), body.Span, secret))
        {
            return BadSignature;
        }

        // Behind the signature, so that only Meta can fill the places.
        using var place = await gate.EnterAsync(cancellationToken);
        return await StoreAsync(WebhookUpdates.Read(body), AccountEvents.Read(body), intake, logger, cancellationToken);
    }

    private static async Task<IResult> StoreAsync(
        WebhookUpdates updates, AccountEvents events, WebhookIntake intake, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            await intake.StoreAsync(updates, events, cancellationToken);
            return Results.Json(new { success = true });
        }
        catch (FirestoreException outage)
        {
            // Not 200, so that Meta delivers again; 500 rather than 503 by our contract.
            logger.StoreUnreachable(outage.Status.ToString());
            return Refusal.Internal;
        }
    }
}
