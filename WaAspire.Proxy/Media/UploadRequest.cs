using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Media;

/// <summary>
/// A file as a client brings it, read up to its first bytes: the body itself with the ids in the query, or multipart with a
/// part <c>file</c> and the ids in the query or in parts before it. The rest is still on the line.
/// </summary>
internal sealed record UploadRequest(string ThreadId, string AccountId, MediaType Type, ReadOnlyMemory<byte> Head, Stream Rest, long? Length)
{
    private const int PartsMax = 10;
    private const int IdBytesMax = 1500;
    private const int FrameBytesMax = 64 * 1024;

    public long BytesMax { get; } = Type.BytesMaxFor(Head);

    /// <summary>Either the request or the refusal, never both.</summary>
    /// <exception cref="BadHttpRequestException">The body broke off, or is larger than any file may be.</exception>
    public static async Task<(UploadRequest? Request, Refusal? Refusal)> ReadAsync(HttpRequest http, CancellationToken cancellationToken)
    {
        // The server's own bound is smaller than a document may be, and speaks without naming the limit.
        http.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MediaType.LargestBytes + FrameBytesMax;
        var ids = new Dictionary<string, string>(StringComparer.Ordinal) { ["threadId"] = http.Query["threadId"].ToString(), ["accountId"] = http.Query["accountId"].ToString() };
        var (contentType, file, length) = (http.ContentType, http.Body, http.ContentLength);
        if (MediaTypeHeaderValue.TryParse(http.ContentType, out var header) && header.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            if (await FindFileAsync(http, header, ids, cancellationToken) is not { } part)
                return (null, MediaRefusals.NoFile);
            (contentType, file, length) = (part.ContentType, part.Body, null);
        }
        foreach (var (name, value) in ids)
        {
            if (value.Length == 0)
                return (null, Refusal.InvalidRequest($"{name} is required."));
            if (!DocumentId.IsLawful(value))
                return (null, Refusal.InvalidRequest($"{name} is not a lawful document id."));
        }
        return await ReadHeadAsync(ids, MediaType.Find(contentType), file, length, cancellationToken);
    }

    private static async Task<(UploadRequest? Request, Refusal? Refusal)> ReadHeadAsync(
        Dictionary<string, string> ids, MediaType? type, Stream file, long? length, CancellationToken cancellationToken)
    {
        if (type is null)
            return (null, MediaRefusals.UnknownType);
        if (length > type.BytesMax)
            return (null, MediaRefusals.TooLarge(type.MimeType, type.BytesMax));
        var head = new byte[MediaType.HeadBytes];
        var read = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        var request = new UploadRequest(ids["threadId"], ids["accountId"], type, head.AsMemory(0, read), file, length);
        return request switch
        {
            _ when read == 0 => (null, MediaRefusals.NoFile),
            _ when !type.IsLike(request.Head) => (null, MediaRefusals.NotLikeItsType(type)),
            _ when length > request.BytesMax => (null, MediaRefusals.TooLarge(type.MimeType, request.BytesMax)),
            _ => (request, null),
        };
    }

    /// <summary>Null when no part is a file. Parts after it are not looked at.</summary>
    private static async Task<MultipartSection?> FindFileAsync(
        HttpRequest http, MediaTypeHeaderValue header, Dictionary<string, string> ids, CancellationToken cancellationToken)
    {
        var boundary = HeaderUtilities.RemoveQuotes(header.Boundary).ToString();
        if (boundary.Length is 0 or > 70)
            return null;
        try
        {
            var parts = new MultipartReader(boundary, http.Body);
            for (var seen = 0; seen < PartsMax && await parts.ReadNextSectionAsync(cancellationToken) is { } part; seen++)
            {
                var name = part.GetContentDispositionHeader() is { } disposition ? HeaderUtilities.RemoveQuotes(disposition.Name).ToString() : "";
                if (name == "file")
                    return part;
                if (ids.ContainsKey(name))
                    ids[name] = await ReadTextAsync(part, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException || (exception is IOException && exception is not BadHttpRequestException))
        {
            // Not multipart, whatever it says.
        }
        return null;
    }

    private static async Task<string> ReadTextAsync(MultipartSection part, CancellationToken cancellationToken)
    {
        var buffer = new byte[IdBytesMax + 1];
        var read = await part.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }
}
