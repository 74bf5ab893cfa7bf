using System.Buffers;
using System.Text.Json;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Proxy.Envelope;

/// <summary>A request's raw bytes, up to a bound: a signature is computed over them, and a stranger decides their number.</summary>
internal static class RequestBody
{
    private const int FirstBuffer = 16 * 1024;

    /// <summary>Null when the body is larger than <paramref name="bytesMax"/>; no more than that is ever held.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int bytesMax, CancellationToken cancellationToken)
    {
        if (request.ContentLength > bytesMax)
            return null;
        var body = new ArrayBufferWriter<byte>((int)(request.ContentLength ?? FirstBuffer) + 1);
        while (true)
        {
            var read = await request.Body.ReadAsync(body.GetMemory(), cancellationToken);
            if (read == 0)
                return body.WrittenMemory;
            body.Advance(read);
            if (body.WrittenCount > bytesMax)
                return null;
        }
    }

    /// <summary>The one id that a body such as <c>{"threadId":"…"}</c> holds under <paramref name="name"/>; null when there is none that a document can have.</summary>
    public static string? IdIn(ReadOnlyMemory<byte> body, string name)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty(name, out var id) && id.ValueKind == JsonValueKind.String && DocumentId.IsLawful(id.GetString())
                    ? id.GetString()
                    : null;
        }
        // A lone surrogate is lawful JSON but not text.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
