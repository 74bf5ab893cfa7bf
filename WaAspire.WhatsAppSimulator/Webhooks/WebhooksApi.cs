namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>Registration of the webhook side, and the handshake on request.</summary>
internal static class WebhooksApi
{
    public static WebApplicationBuilder AddWebhooks(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<WebhookOptions>().BindConfiguration("Webhooks").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<StatusSchedule>().AddSingleton<WebhookQueue>().AddSingleton<WebhookBodies>();
        builder.Services.AddSingleton<WebhookFaults>().AddSingleton<WebhookClient>().AddSingleton<WebhookVerification>();
        builder.Services.AddHostedService<StatusLoop>().AddHostedService<WebhookSender>();
        return builder;
    }

    public static void MapWebhooks(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/simulator/webhooks/verify", async (WebhookVerification verification, CancellationToken cancellation) =>
            TypedResults.Ok(await verification.RunAsync(cancellation)));
}
