namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>Routes of the Graph side. Any version from v1.0 to v99.0 is the same one here.</summary>
internal static class CloudApiEndpoints
{
    private const string Version = "/{version:regex(^v[1-9][0-9]?\\.0$)}";

    public static WebApplicationBuilder AddCloudApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RequestLogs>().AddSingleton<BusinessNumbers>().AddSingleton<BearerCheck>();
        builder.Services.AddSingleton<MessageAcceptance>().AddSingleton<MessagesApi>().AddSingleton<NumberApi>().AddSingleton<HistoryApi>();
        return builder;
    }

    public static void MapCloudApi(this IEndpointRouteBuilder routes)
    {
        var graph = routes.MapGroup(Version);
        graph.MapPost("/{phoneNumberId}/messages", (HttpContext http, string phoneNumberId, MessagesApi api) =>
            api.PostAsync(http, phoneNumberId));
        graph.MapGet("/{phoneNumberId}", (HttpRequest request, string phoneNumberId, NumberApi api, string? fields) =>
            api.Get(request, phoneNumberId, fields));
        graph.MapGet("/{phoneNumberId}/message_history", (HttpRequest request, string phoneNumberId, HistoryApi api) =>
            api.Get(request, phoneNumberId, request.Query["message_id"]));
        graph.MapFallback("/{**path}", (string? path) => GraphError.UnknownPath("/" + path).ToResult());
        routes.MapLogs();
        routes.MapStatus();
    }
}
