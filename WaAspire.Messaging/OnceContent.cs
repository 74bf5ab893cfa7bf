using System.Net;
using System.Net.Http.Headers;

namespace WaAspire.Messaging;

/// <summary>
/// A request body that leaves at most once and remembers whether it began to. While it has not begun, nothing can have
/// been applied, whatever went wrong: a body-less request changes nothing. And whatever a handler below believes about
/// replaying on another connection, the second copy is refused here.
/// </summary>
public sealed class OnceContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _body;
    private int _starts;

    public OnceContent(ReadOnlyMemory<byte> body, string mediaType = "application/json")
    {
        _body = body;
        Headers.ContentType = new MediaTypeHeaderValue(mediaType);
    }

    /// <summary>True from the moment at which the first byte may have left.</summary>
    public bool Started => Volatile.Read(ref _starts) > 0;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _starts) > 1)
            throw new IOException("The body has left once and may not leave again.");
        await stream.WriteAsync(_body, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
