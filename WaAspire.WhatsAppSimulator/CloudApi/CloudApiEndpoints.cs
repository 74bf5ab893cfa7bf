using Microsoft.AspNetCore.Mvc;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>Routes of the Graph side. Any version from v1.0 to v99.0 is the same one here.</summary>
internal static class CloudApiEndpoints
{
    private const string Version = "/{version:regex(^v[1-9][0-9]?\\.0$)}";

    public static WebApplicationBuilder AddCloudApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RequestLogs>().AddSingleton<BusinessNumbers>().AddSingleton<BearerCheck>();
        builder.Services.AddSingleton<MessageAcceptance>().AddSingleton<MessagesApi>().AddSingleton<NumberApi>().AddSingleton<HistoryApi>();
        builder.Services.AddSingleton<MediaStore>().AddSingleton<MediaApi>();
        return builder;
    }

    public static void MapCloudApi(this IEndpointRouteBuilder routes)
    {
        var graph = routes.MapGroup(Version);
        graph.MapPost("/{phoneNumberId}/messages", (HttpContext http, string phoneNumberId, MessagesApi api) =>
            api.PostAsync(http, phoneNumberId));
        graph.MapGet("/{phoneNumberId}/message_history", (HttpRequest request, string phoneNumberId, HistoryApi api) =>
            api.Get(request, phoneNumberId, request.Query["message_id"]));
        graph.MapPost("/{phoneNumberId}/media", (HttpContext http, string phoneNumberId, MediaApi api) =>
            api.UploadAsync(http, phoneNumberId));
        graph.MapGet("/{id}", (HttpRequest request, string id, MediaApi api, string? fields, [FromQuery(Name = "phone_number_id")] string? owner) =>
            api.Get(request, id, fields, owner));
        graph.MapDelete("/{id}", (HttpRequest request, string id, MediaApi api) => api.Delete(request, id));
        routes.MapGet("/whatsapp_business/attachments", (HttpRequest request, string mid, long ext, string hash, MediaApi api) =>
            api.Download(request, mid, ext, hash));
        graph.MapFallback("/{**path}", (string? path) => GraphError.UnknownPath("/" + path).ToResult());
        routes.MapLogs();
        routes.MapStatus();
    }
}
