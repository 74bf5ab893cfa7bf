using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using WaAspire.WhatsAppSimulator.CloudApi;

namespace WaAspire.WhatsAppSimulator.Phone;

/// <summary>
/// A picture (or any file that WhatsApp takes) from the phone. What enters is its bytes; what leaves is a stored file that
/// <c>GET /{media-id}</c> serves, and a webhook that names it. If we die in between, nothing was said.
/// </summary>
internal sealed class InboundFiles(InboundMessages inbound, MediaStore media, BusinessNumbers numbers) : IDisposable
{
    private const int UploadsMax = 4;
    private const int CaptionMax = 1024;

    // Documents may be larger at Meta; whoever plays with a phone has no need of it.
    private const long BytesMax = 16L << 20;

    private readonly SemaphoreSlim _uploads = new(UploadsMax);

    /// <summary>The ids of the message and of its file, or what is wrong.</summary>
    public async Task<(string? Id, string? MediaId, string? Problem)> ReceiveAsync(
        HttpRequest request, string phoneNumberId, string from, string? name, string? caption)
    {
        var mimeType = (request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();
        if (numbers.DisplayNumber(phoneNumberId) is null) return (null, null, "phoneNumberId does not exist");
        if (MediaTypes.Find(mimeType) is not { } type) return (null, null, $"the type must be one of {string.Join(", ", MediaTypes.All)}");
        if (caption is { Length: > CaptionMax }) return (null, null, $"caption must have at most {CaptionMax} characters");
        if (await ReadAsync(request, Math.Min(type.BytesMax, BytesMax)) is not { Length: > 0 } bytes)
            return (null, null, $"a file of type {mimeType} must have 1 to {Math.Min(type.BytesMax, BytesMax)} bytes");

        var file = media.Add(phoneNumberId, type.Type, mimeType, bytes);
        var (id, problem) = inbound.Receive(new(phoneNumberId, from, Shown(type.Type, caption), name, Message(file, caption)));
        if (problem is not null) media.Remove(file.Id);
        return (id, problem is null ? file.Id : null, problem);
    }

    public void Dispose() => _uploads.Dispose();

    private async Task<byte[]?> ReadAsync(HttpRequest request, long bytesMax)
    {
        // Above our own limit, so that who sends too much reads why instead of losing the connection.
        request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MediaTypes.LargestBytes;
        await _uploads.WaitAsync(request.HttpContext.RequestAborted);
        try
        {
            using var bytes = new MemoryStream();
            var buffer = new byte[64 * 1024];
            while (await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted) is var read and > 0)
            {
                bytes.Write(buffer, 0, read);
                if (bytes.Length > bytesMax) return null;
            }

            return bytes.ToArray();
        }
        catch (BadHttpRequestException)
        {
            return null;
        }
        finally
        {
            _uploads.Release();
        }
    }

    private static string Shown(string type, string? caption) =>
        string.IsNullOrEmpty(caption) ? BubbleText.WithoutWords(type) : caption;

    // Webhooks write the hash in base64, the media address in hex.
    private static JsonElement Message(MediaFile file, string? caption)
    {
        var content = new Dictionary<string, object>
        {
            ["id"] = file.Id,
            ["mime_type"] = file.MimeType,
            ["sha256"] = Convert.ToBase64String(Convert.FromHexString(file.Sha256)),
        };
        if (file.Type == "audio") content["voice"] = false;
        if (file.Type == "sticker") content["animated"] = false;
        if (!string.IsNullOrEmpty(caption) && file.Type is ("image" or "video" or "document")) content["caption"] = caption;
        return JsonSerializer.SerializeToElement(new Dictionary<string, object> { ["type"] = file.Type, [file.Type] = content });
    }
}
