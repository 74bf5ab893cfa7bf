using System.Net;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>
/// A request body that leaves at most once, and remembers whether it began to. The HTTP client writes a body only on an
/// established connection, so a body that never began is proof that no request left; and a client that wanted to send
/// the same request again, on another connection, is refused.
/// </summary>
internal sealed class OnceContent(byte[] body) : HttpContent
{
    private int _started;

    public bool HasStarted => Volatile.Read(ref _started) != 0;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            throw new InvalidOperationException("A message is handed to WhatsApp once.");
        }

        await stream.WriteAsync(body, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
