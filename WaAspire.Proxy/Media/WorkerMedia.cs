using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.Messaging;
using WaAspire.Proxy.Envelope;

namespace WaAspire.Proxy.Media;

/// <summary>
/// Hands a file to the worker while it comes in, because only a worker speaks to WhatsApp. What enters is a lawful upload; what
/// leaves is the id that WhatsApp gave the file, or a refusal. Nothing is stored: if we die here, the client asks again.
/// </summary>
internal sealed class WorkerMedia(IOptions<MediaOptions> options, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<WorkerMedia> logger) : IDisposable
{
    private const int AnswerBytesMax = 64 * 1024;
    private static readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _connectionLifetime = TimeSpan.FromMinutes(5);

    private readonly MediaOptions _options = options.Value;
    private readonly SemaphoreSlim _places = new(options.Value.UploadsAtOnce);
    private readonly HttpClient _worker = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = _connectTimeout,
        PooledConnectionLifetime = _connectionLifetime,
        // A refusal comes before the file has left.
        Expect100ContinueTimeout = _connectTimeout,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Null when all that is needed is configured.</summary>
    public Refusal? Missing() => this switch
    {
        _ when !Uri.TryCreate(_options.WorkerUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") => Refusal.ConfigurationMissing(MediaOptions.WorkerName),
        _ when _options.InternalToken.Length == 0 => Refusal.ConfigurationMissing(MediaOptions.TokenName),
        _ => null,
    };

    /// <exception cref="BadHttpRequestException">The client's own body broke off.</exception>
    public async Task<UploadAnswer> UploadAsync(UploadRequest upload, CancellationToken cancellationToken)
    {
        if (!_places.Wait(TimeSpan.Zero, CancellationToken.None))
            return new UploadAnswer.Refused(MediaRefusals.Later(_options.RetryAfter));
        try
        {
            using var file = new StreamedContent(upload.Head, upload.Rest, upload.Length, upload.BytesMax, upload.Type.MimeType);
            return await PostAsync(upload, file, cancellationToken);
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose()
    {
        _worker.Dispose();
        _places.Dispose();
    }

    private async Task<UploadAnswer> PostAsync(UploadRequest upload, StreamedContent file, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.UploadTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken, lifetime.ApplicationStopping);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{_options.WorkerUrl}/internal/media?accountId={Uri.EscapeDataString(upload.AccountId)}") { Content = file };
            request.Headers.Add("X-Internal-Token", _options.InternalToken);
            request.Headers.ExpectContinue = true;
            using var response = await _worker.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
                return new UploadAnswer.Refused(RefusalFor((int)response.StatusCode, upload));
            await response.Content.LoadIntoBufferAsync(AnswerBytesMax, either.Token);
            using var answer = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(either.Token), default, either.Token);
            // A file that has an id has left whole, so its hash is known.
            return new UploadAnswer.Stored(answer.RootElement.GetProperty("mediaId").GetString()!, upload.Type.MimeType, file.Sha256!, file.Size);
        }
        catch (Exception) when (file.IsTooLarge)
        {
            return new UploadAnswer.Refused(MediaRefusals.TooLarge(upload.Type.MimeType, upload.BytesMax));
        }
        catch (Exception exception) when (exception is not BadHttpRequestException && file.SourceFailure is not null && !either.IsCancellationRequested)
        {
            throw file.SourceFailure as BadHttpRequestException ?? new BadHttpRequestException("The file broke off.", file.SourceFailure);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException or JsonException or KeyNotFoundException or InvalidOperationException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            logger.WorkerUnreachable(exception.GetType().Name);
            return new UploadAnswer.Refused(MediaRefusals.Later(_options.RetryAfter));
        }
    }

    private Refusal RefusalFor(int status, UploadRequest upload) => status switch
    {
        404 => MediaRefusals.NoSuchAccount,
        409 => MediaRefusals.ByLinkOnly,
        413 => MediaRefusals.TooLarge(upload.Type.MimeType, upload.BytesMax),
        415 => MediaRefusals.NotLikeItsType(upload.Type),
        // A token that the worker does not know is our own misconfiguration.
        401 or 502 => MediaRefusals.UploadRefused,
        _ => MediaRefusals.Later(_options.RetryAfter),
    };
}

/// <summary>A closed set: with WhatsApp, or not.</summary>
internal abstract record UploadAnswer
{
    private UploadAnswer()
    {
    }

    public sealed record Stored(string MediaId, string MimeType, string Sha256, long Size) : UploadAnswer;

    public sealed record Refused(Refusal Refusal) : UploadAnswer;
}
