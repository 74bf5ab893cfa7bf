using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>How a call ends. https://grpc.github.io/grpc/core/md_doc_statuscodes.html</summary>
internal enum GrpcStatus
{
    Ok = 0,
    InvalidArgument = 3,
    Unimplemented = 12,
    Internal = 13,
    Unauthenticated = 16,
}

/// <summary>
/// gRPC as it looks on HTTP/2: each message is a zero byte, four bytes of length and the message, and the trailers say how it
/// ended. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
/// </summary>
internal sealed class GrpcCall
{
    private const int PrefixLength = 5;
    private const int RequestBytesMax = 1024 * 1024;
    private const string ContentType = "application/grpc";
    private const string StatusHeader = "grpc-status";

    private readonly HttpContext _http;

    public GrpcCall(HttpContext http)
    {
        _http = http;
        http.Response.ContentType = ContentType;
    }

    /// <summary>The caller's one message.</summary>
    /// <exception cref="InvalidDataException">It is compressed, or larger than any that this protocol has.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        var prefix = new byte[PrefixLength];
        await _http.Request.Body.ReadExactlyAsync(prefix, cancellationToken);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (prefix[0] != 0 || length > RequestBytesMax)
            throw new InvalidDataException("A message that is compressed or too large.");
        var message = new byte[length];
        await _http.Request.Body.ReadExactlyAsync(message, cancellationToken);
        return message;
    }

    /// <summary>The caller's messages, until it says that there are no more.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadOnlyMemory<byte> message;
            try
            {
                message = await ReadAsync(cancellationToken);
            }
            catch (EndOfStreamException)
            {
                yield break;
            }

            yield return message;
        }
    }

    /// <summary>The headers go out now: a stream may have nothing to say for a long time.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _http.Response.StartAsync(cancellationToken);
        await _http.Response.Body.FlushAsync(cancellationToken);
    }

    public async Task WriteAsync(ProtoWriter message, CancellationToken cancellationToken)
    {
        var prefix = new byte[PrefixLength];
        BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), (uint)message.Bytes.Length);
        await _http.Response.Body.WriteAsync(prefix, cancellationToken);
        await _http.Response.Body.WriteAsync(message.Bytes, cancellationToken);
        await _http.Response.Body.FlushAsync(cancellationToken);
    }

    public void End(GrpcStatus status)
    {
        var text = ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (_http.Response.HasStarted)
        {
            _http.Response.AppendTrailer(StatusHeader, text);
            return;
        }

        _http.Response.Headers[StatusHeader] = text;
    }
}
