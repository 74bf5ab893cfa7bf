using System.Buffers;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>Reads a body whole, whatever its content type says (the web SDK sends JSON as text/plain).</summary>
internal static class RequestBody
{
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, int maxBytes)
    {
        if (request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);
        var body = new ArrayBufferWriter<byte>((int)Math.Max(256, request.ContentLength ?? 0));
        while (true)
        {
            var read = await request.Body.ReadAsync(body.GetMemory(4096), request.HttpContext.RequestAborted);
            if (read == 0)
                return body.WrittenMemory;
            body.Advance(read);
            if (body.WrittenCount > maxBytes)
                throw TooLarge(maxBytes);
        }
    }

    private static RpcException TooLarge(int maxBytes) => RpcException.Invalid($"Request payload size exceeds the limit: {maxBytes} bytes.");
}
