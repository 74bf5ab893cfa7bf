using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace WaAspire.Messaging;

/// <summary>
/// A file that is passed on while it comes in: never held whole, read once, measured and hashed on the way. A file larger than
/// allowed breaks the request off, so that whoever receives it never sees its end.
/// </summary>
public sealed class StreamedContent : HttpContent
{
    private const int BufferBytes = 64 * 1024;
    private readonly ReadOnlyMemory<byte> _head;
    private readonly Stream _rest;
    private readonly long? _length;
    private readonly long _bytesMax;
    private int _starts;

    /// <param name="head">What was read of it already.</param>
    /// <param name="rest">What follows; not disposed here.</param>
    /// <param name="length">Of the whole file, where it is known.</param>
    /// <param name="bytesMax">Largest size of the whole file.</param>
    /// <param name="mimeType">Without parameters.</param>
    public StreamedContent(ReadOnlyMemory<byte> head, Stream rest, long? length, long bytesMax, string mimeType)
    {
        _head = head;
        _rest = rest;
        _length = length;
        _bytesMax = bytesMax;
        Headers.ContentType = new MediaTypeHeaderValue(mimeType);
    }

    /// <summary>Bytes passed on so far.</summary>
    public long Size { get; private set; }

    /// <summary>Lower-case hex, once all of it was passed on.</summary>
    public string? Sha256 { get; private set; }

    public bool IsTooLarge { get; private set; }

    /// <summary>Why the file could not be read on: the sender's fault, not the receiver's.</summary>
    public Exception? SourceFailure { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _starts) > 1)
        {
            throw new IOException("The file has left once and cannot be read again.");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var part = _head; part.Length > 0; part = buffer.AsMemory(0, await ReadAsync(buffer, cancellationToken)))
            {
                Size += part.Length;
                IsTooLarge = Size > _bytesMax;
                if (IsTooLarge)
                {
                    throw new IOException("The file is too large.");
                }

                hash.AppendData(part.Span);
                await stream.WriteAsync(part, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length ?? 0;
        return _length is not null;
    }

    private async Task<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _rest.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception exception)
        {
            SourceFailure = exception;
            throw;
        }
    }
}
