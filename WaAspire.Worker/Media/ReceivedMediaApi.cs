using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Worker.Gateway;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Media;

/// <summary>
/// <c>GET /internal/media?accountId=…&amp;threadId=…&amp;messageId=…</c> with <c>X-Internal-Token</c>: the bytes of a file that
/// somebody sent to a linked account, fetched from WhatsApp while they are asked for. Nothing is stored here, and any
/// worker with a gateway can do it. 404 <c>media_not_found</c>, 410 <c>media_gone</c> (WhatsApp keeps files for some weeks),
/// 502 <c>media_unreachable</c>, 503 <c>service_unavailable</c>.
/// </summary>
internal static class ReceivedMediaApi
{
    private const string Purpose = "received-media";

    public static IEndpointRouteBuilder MapReceivedMedia(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/internal/media", FetchAsync).AddEndpointFilter(OperatorApi.RequireTokenAsync);
        return routes;
    }

    private static async Task<IResult> FetchAsync(
        string accountId, string threadId, string messageId, HttpResponse http, IFirestore firestore, GatewayClient gateway, IOptions<GatewayOptions> options, CancellationToken cancellationToken)
    {
        try
        {
            if (!DocumentId.IsLawful(threadId) || !DocumentId.IsLawful(messageId) || !ThreadId.IsOf(threadId, accountId)
                || await FindAsync(firestore, threadId, messageId, cancellationToken) is not { } media)
            {
                return OperatorApi.Refuse(404, "media_not_found", "No message here carries a file that can be fetched.");
            }

            using var answer = await gateway.StreamAsync("/media/fetch", Command(media), options.Value.FetchTimeout, cancellationToken);
            switch ((int?)answer?.StatusCode)
            {
                case 200:
                    await PassOnAsync(answer!, media, http, cancellationToken);
                    return Results.Empty;
                case 410:
                    return OperatorApi.Refuse(410, "media_gone", "WhatsApp does not keep this file any more.");
                case null:
                    return OperatorApi.Refuse(503, "service_unavailable", "There is no gateway here that could fetch it.");
                default:
                    return OperatorApi.Refuse(502, "media_unreachable", "WhatsApp does not hand out this file now.");
            }
        }
        catch (FirestoreException)
        {
            return OperatorApi.Refuse(503, "service_unavailable", "Firestore gives no answer.");
        }
    }

    private static async Task PassOnAsync(HttpResponseMessage file, DocumentFields media, HttpResponse http, CancellationToken cancellationToken)
    {
        // Somebody else's file under somebody else's type: it is offered to keep, never shown as a page of ours.
        http.ContentType = media.Text("mimetype") is { } type && System.Net.Http.Headers.MediaTypeHeaderValue.TryParse(type, out var lawful) ? lawful.ToString() : "application/octet-stream";
        http.Headers.ContentDisposition = "attachment";
        http.Headers.XContentTypeOptions = "nosniff";
        await file.Content.CopyToAsync(http.Body, cancellationToken);
    }

    private static async Task<DocumentFields?> FindAsync(IFirestore firestore, string threadId, string messageId, CancellationToken cancellationToken)
    {
        var path = FirestorePaths.ThreadMessage(threadId, messageId);
        var media = (await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path)?.Fields.Map(ThreadMessageFields.Media);
        return media?.Map(ThreadMessageFields.Download) is null ? null : media;
    }

    private static JsonObject Command(DocumentFields media)
    {
        var download = new JsonObject();
        foreach (var name in new[] { "url", "direct_path", "media_key" })
        {
            if (media.Map(ThreadMessageFields.Download)!.Text(name) is { } value)
            {
                download[name] = value;
            }
        }

        return new JsonObject { ["type"] = media.Text("type"), ["download"] = download };
    }
}
