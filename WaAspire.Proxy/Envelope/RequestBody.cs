using System.Buffers;

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
}
