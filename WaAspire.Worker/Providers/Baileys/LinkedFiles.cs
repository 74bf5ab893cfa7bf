using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Worker.Providers.Baileys;

/// <summary>A closed set: what became of a link.</summary>
public abstract record FetchedFile
{
    private FetchedFile()
    {
    }

    public sealed record Bytes(ReadOnlyMemory<byte> Data, string MimeType) : FetchedFile;

    /// <summary>It may be there later.</summary>
    public sealed record NotNow(string Reason) : FetchedFile;

    public sealed record Refused(string Reason) : FetchedFile;
}

/// <summary>
/// Fetches a file by a link that somebody else wrote. Enters: the link and the kind of message. Leaves: the bytes, or why
/// not. Bounded in size and time; the address that is really connected to must be public, whatever name leads there and
/// wherever a redirect points. If we die here, nothing has happened.
/// </summary>
public sealed class LinkedFiles : IDisposable
{
    private const int RedirectsMax = 3;
    private readonly LinkedFileOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _turn;

    public LinkedFiles(IOptions<LinkedFileOptions> options, TimeProvider time)
    {
        (_options, _time) = (options.Value, time);
        _turn = new SemaphoreSlim(_options.AtOnce);
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false, MaxAutomaticRedirections = RedirectsMax, ConnectCallback = ConnectAsync }, disposeHandler: true)
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public async Task<FetchedFile> FetchAsync(string link, string kind, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(link, UriKind.Absolute, out var address) || !(address.Scheme == Uri.UriSchemeHttps || (_options.AllowPrivate && address.Scheme == Uri.UriSchemeHttp)))
        {
            return new FetchedFile.Refused("The link is no https address");
        }

        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _turn.WaitAsync(either.Token);
            try
            {
                return await ReadAsync(address, kind, either.Token);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (PrivateAddressException)
        {
            return new FetchedFile.Refused("The link leads into a private network");
        }
        catch (HttpRequestException exception) when (exception.InnerException is PrivateAddressException)
        {
            return new FetchedFile.Refused("The link leads into a private network");
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            return new FetchedFile.NotNow("The link cannot be fetched");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _turn.Dispose();
    }

    private async Task<FetchedFile> ReadAsync(Uri address, string kind, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError
                ? new FetchedFile.NotNow($"The link answers {(int)response.StatusCode}")
                : new FetchedFile.Refused($"The link answers {(int)response.StatusCode}");
        }

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = await ReadAsync(body, response.Content.Headers.ContentLength, cancellationToken);
        if (bytes is not { } data)
        {
            return new FetchedFile.Refused("The file is too large");
        }

        return TypeOf(kind, response.Content.Headers.ContentType?.MediaType, data) is { } mimeType
            ? new FetchedFile.Bytes(data, mimeType)
            : new FetchedFile.Refused($"The file is no {kind} that WhatsApp takes, or too large for one");
    }

    /// <summary>Null when there is more than allowed.</summary>
    private async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream body, long? length, CancellationToken cancellationToken)
    {
        if (length > _options.BytesMax)
        {
            return null;
        }

        using var whole = new MemoryStream((int)(length ?? 0));
        var part = new byte[64 * 1024];
        for (int read; (read = await body.ReadAsync(part, cancellationToken)) > 0;)
        {
            if (whole.Length + read > _options.BytesMax)
            {
                return null;
            }

            whole.Write(part, 0, read);
        }

        return whole.ToArray();
    }

    /// <summary>By its first bytes, not by what its server says; any file may be a document.</summary>
    private static string? TypeOf(string kind, string? told, ReadOnlyMemory<byte> file)
    {
        var head = file[..Math.Min(file.Length, MediaType.HeadBytes)];
        // Nearly everything looks like a plain text, so that is asked last.
        var type = new[] { told }.Concat(MediaType.MimeTypesOf(kind).OrderBy(mimeType => mimeType == "text/plain")).Select(MediaType.Find)
            .FirstOrDefault(type => type is not null && type.Kind == kind && type.IsLike(head));
        return type is not null ? (file.Length <= type.BytesMaxFor(head) ? type.MimeType : null)
            : kind == MessageKinds.Document ? told ?? "application/octet-stream"
            : null;
    }

    /// <summary>Looks at the address that a name has now, and connects to that very address: no second look-up can lead elsewhere.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var found = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        var allowed = found.Where(address => _options.AllowPrivate || PublicAddress.Is(address)).ToArray();
        if (allowed.Length == 0)
        {
            throw new PrivateAddressException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class PrivateAddressException() : IOException("Not a public address.");
}
