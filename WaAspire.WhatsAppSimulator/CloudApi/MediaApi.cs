using Microsoft.AspNetCore.Http.Features;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>
/// Media: upload, look up, download, delete. What enters is a file in a form; what leaves is its id, which messages may name.
/// https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
/// </summary>
internal sealed class MediaApi(BearerCheck bearer, BusinessNumbers numbers, MediaStore store, NumberApi numberApi) : IDisposable
{
    private const int FormBytesMax = 1 << 20;
    private const int UploadsMax = 8;

    // A form is spooled to disk while it comes in; the file is in memory only when it is whole and lawful.
    private readonly SemaphoreSlim _uploads = new(UploadsMax);

    public async Task<IResult> UploadAsync(HttpContext http, string phoneNumberId)
    {
        if (!bearer.Allows(http.Request)) return GraphError.BadToken().ToResult();
        if (numbers.DisplayNumber(phoneNumberId) is null) return GraphError.NoSuchObject(phoneNumberId).ToResult();
        await _uploads.WaitAsync(http.RequestAborted);
        try
        {
            return await ReadFormAsync(http) is { } form
                ? await StoreAsync(phoneNumberId, form)
                : new GraphError(100, "The body is not a form, or too large.").ToResult();
        }
        finally
        {
            _uploads.Release();
        }
    }

    /// <summary>One address serves numbers and media, as at Meta.</summary>
    public IResult Get(HttpRequest request, string id, string? fields, string? owner)
    {
        if (store.Find(id) is not { } file) return numberApi.Get(request, id, fields);
        if (!bearer.Allows(request)) return GraphError.BadToken().ToResult();
        if (owner is not null && owner != file.PhoneNumberId) return GraphError.NoSuchObject(id).ToResult();
        return Results.Json(new
        {
            messaging_product = "whatsapp",
            url = $"{request.Scheme}://{request.Host}/whatsapp_business/attachments?{store.Ticket(id)}",
            mime_type = file.MimeType,
            sha256 = file.Sha256,
            file_size = file.Bytes.Length,
            id,
        });
    }

    public IResult Delete(HttpRequest request, string id)
    {
        if (!bearer.Allows(request)) return GraphError.BadToken().ToResult();
        return store.Remove(id) ? Results.Json(new { success = true }) : GraphError.NoSuchObject(id).ToResult();
    }

    /// <summary>The bytes, for who has both the address and the token; 404 means: ask for a new address.</summary>
    public IResult Download(HttpRequest request, string mid, long ext, string hash)
    {
        if (!bearer.Allows(request)) return Results.StatusCode(StatusCodes.Status401Unauthorized);
        return store.TryRedeem(mid, ext, hash, out var file) ? Results.Bytes(file.Bytes, file.MimeType) : Results.NotFound();
    }

    public void Dispose() => _uploads.Dispose();

    private async Task<IResult> StoreAsync(string phoneNumberId, IFormCollection form)
    {
        if (form["messaging_product"] != "whatsapp") return new GraphError(100) { Message = "(#100) The parameter messaging_product is required." }.ToResult();
        if (form.Files.GetFile("file") is not { } file) return new GraphError(100) { Message = "(#100) The parameter file is required." }.ToResult();
        if (string.IsNullOrEmpty(form["type"])) return new GraphError(100) { Message = "(#100) The parameter type is required." }.ToResult();
        var mimeType = Bare(file.ContentType);
        if (MediaTypes.Find(mimeType) is not { } type)
        {
            return new GraphError(100)
            {
                Message = $"(#100) Param file must be a file with one of the following types: {string.Join(", ", MediaTypes.All)}. Received file of type '{mimeType}'.",
            }.ToResult();
        }

        if (Bare(form["type"]) != mimeType) return new GraphError(131053, "The type does not match the type of the file.").ToResult();
        if (file.Length == 0 || file.Length > type.BytesMax) return new GraphError(131053, $"A file of type {mimeType} must have 1 to {type.BytesMax} bytes.").ToResult();
        var bytes = new byte[file.Length];
        await using var content = file.OpenReadStream();
        await content.ReadExactlyAsync(bytes);
        return Results.Json(new { id = store.Add(phoneNumberId, type.Type, mimeType, bytes).Id });
    }

    private static async Task<IFormCollection?> ReadFormAsync(HttpContext http)
    {
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MediaTypes.LargestBytes + FormBytesMax;
        if (!http.Request.HasFormContentType) return null;
        http.Features.Set<IFormFeature>(new FormFeature(http.Request, new FormOptions { MultipartBodyLengthLimit = MediaTypes.LargestBytes + FormBytesMax }));
        try
        {
            return await http.Request.ReadFormAsync(http.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidDataException or BadHttpRequestException)
        {
            return null;
        }
    }

    private static string Bare(string? contentType) => (contentType ?? "").Split(';')[0].Trim().ToLowerInvariant();
}
