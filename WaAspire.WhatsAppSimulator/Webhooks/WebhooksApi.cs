namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>Registration of the webhook side, and the handshake on request.</summary>
internal static class WebhooksApi
{
    public static WebApplicationBuilder AddWebhooks(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<WebhookOptions>().BindConfiguration("Webhooks").ValidateDataAnnotations()
            .Validate(options => options.Url is not { } url || IsWeb(url), "Webhooks:Url must be an http or https address")
            .ValidateOnStart();
        builder.Services.AddSingleton<StatusSchedule>().AddSingleton<WebhookQueue>().AddSingleton<WebhookBodies>();
        builder.Services.AddSingleton<WebhookFaults>().AddSingleton<WebhookClient>().AddSingleton<WebhookVerification>();
        builder.Services.AddHostedService<StatusLoop>().AddHostedService<WebhookSender>();
        return builder;
    }

    private static bool IsWeb(Uri url) => url.IsAbsoluteUri && (url.Scheme is "http" or "https");

    public static void MapWebhooks(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/simulator/webhooks/verify", async (WebhookVerification verification, CancellationToken cancellation) =>
            TypedResults.Ok(await verification.RunAsync(cancellation)));
}
