using Microsoft.AspNetCore.Http.Features;
using WaAspire.Messaging;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Media;

/// <summary>
/// <c>POST /internal/media?accountId=…</c> with <c>X-Internal-Token</c>: a file from the proxy on its way to WhatsApp, because only
/// a provider speaks to it. The body is the file, <c>Content-Type</c> its type. Nothing is stored here.
/// </summary>
internal static class MediaApi
{
    public static IEndpointRouteBuilder MapMedia(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/media", UploadAsync).AddEndpointFilter(OperatorApi.RequireTokenAsync);
        return routes;
    }

    private static async Task<IResult> UploadAsync(
        HttpRequest request, string accountId, AccountDirectory accounts, CloudApiMedia media, CancellationToken cancellationToken)
    {
        if (MediaType.Find(request.ContentType) is not { } type)
        {
            return NotTaken();
        }

        try
        {
            return await FindAsync(accountId, accounts, cancellationToken) switch
            {
                null => OperatorApi.Refuse(404, "account_not_found", "There is no such account."),
                { Provider: "cloud_api" } account => await PassOnAsync(request, account, type, media, cancellationToken),
                _ => OperatorApi.Refuse(409, "media_by_link_only", "This account takes media by link."),
            };
        }
        catch (FirestoreException)
        {
            return OperatorApi.Refuse(503, "service_unavailable", "Firestore gives no answer.");
        }
    }

    private static async Task<IResult> PassOnAsync(
        HttpRequest request, Account account, MediaType type, CloudApiMedia media, CancellationToken cancellationToken)
    {
        // Our own bound speaks first, and with a reason; the server's default would be too small for a document.
        request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = type.BytesMax + MediaType.HeadBytes;
        using var file = new StreamedContent(await ReadHeadAsync(request, cancellationToken), request.Body, request.ContentLength, type.BytesMax, type.MimeType);
        // A drain waits for messages, not for files: the client brings this one again.
        var stopping = request.HttpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        return await media.UploadAsync(account, file, either.Token) switch
        {
            UploadOutcome.Stored stored => Results.Json(new { success = true, mediaId = stored.MediaId }),
            UploadOutcome.NotTaken => NotTaken(),
            UploadOutcome.TooLarge => OperatorApi.Refuse(413, "payload_too_large", "The file is too large."),
            UploadOutcome.Refused refused => OperatorApi.Refuse(502, "upload_refused", $"{refused.Title} ({refused.Code})"),
            _ => OperatorApi.Refuse(503, "service_unavailable", "WhatsApp does not take the file now."),
        };
    }

    /// <summary>The first bytes as they come: the passing on begins with them.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadHeadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var head = new byte[MediaType.HeadBytes];
        return head.AsMemory(0, await request.Body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken));
    }

    private static async Task<Account?> FindAsync(string accountId, AccountDirectory accounts, CancellationToken cancellationToken)
    {
        if (accounts.Find(accountId) is null && DocumentId.IsLawful(accountId))
        {
            await accounts.LookUpAsync(accountId, cancellationToken);
        }

        return accounts.Find(accountId);
    }

    private static IResult NotTaken() => OperatorApi.Refuse(415, "unsupported_media_type", "WhatsApp does not take files of this type.");
}
