using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace WaAspire.Messaging.Firestore;

/// <summary>What became of one POST, a closed set.</summary>
internal abstract record Reply<T>
{
    private Reply()
    {
    }

    public sealed record Answer(T Value) : Reply<T>;

    public sealed record Error(FirestoreStatus Status, string Message) : Reply<T>;

    /// <summary>The body never began to leave: certainly nothing happened.</summary>
    public sealed record NotSent(string Reason) : Reply<T>;

    /// <summary>It may have been applied: no answer, or one that is not Firestore's.</summary>
    public sealed record Broken(string Reason) : Reply<T>;
}

/// <summary>
/// One POST to Firestore and nothing else: no retry, no redirect, no cookie, and no handler of anybody else in the chain,
/// because each of them could send a commit twice. Retrying is the caller's, who knows what is safe.
/// </summary>
internal sealed class FirestoreTransport : IDisposable
{
    private const long ReplyBytesMax = 128 * 1024 * 1024;
    private const int ConnectionsMax = 128;

    private readonly FirestoreCredentials _credentials;
    private readonly HttpClient _client;

    public FirestoreTransport(FirestoreOptions options, FirestoreCredentials credentials)
        : this(options, credentials, Handler(options))
    {
    }

    internal FirestoreTransport(FirestoreOptions options, FirestoreCredentials credentials, SocketsHttpHandler handler)
    {
        _credentials = credentials;
        _client = new HttpClient(handler)
        {
            BaseAddress = new Uri(options.Endpoint, "/v1/"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            MaxResponseContentBufferSize = ReplyBytesMax,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public async Task<Reply<T>> PostAsync<T>(string target, byte[] body, Func<JsonElement, T> parse, CancellationToken deadline)
    {
        using var content = new OnceContent(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, target)
        {
            Content = content,
            Version = _client.DefaultRequestVersion,
            VersionPolicy = _client.DefaultVersionPolicy,
        };
        if (await AuthorizeAsync(request, deadline) is { } missing)
            return new Reply<T>.NotSent(missing);
        try
        {
            using var response = await _client.SendAsync(request, deadline);
            return await ReadAsync(response, parse);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            var reason = ReasonOf(exception);
            return content.Started ? new Reply<T>.Broken(reason) : new Reply<T>.NotSent(reason);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<string?> AuthorizeAsync(HttpRequestMessage request, CancellationToken deadline)
    {
        try
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await _credentials.TokenAsync(deadline));
            return null;
        }
        // Whatever a token source throws, nothing has been sent; its text may quote a key file and is not repeated.
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return $"no access token ({exception.GetType().Name})";
        }
    }

    private static async Task<Reply<T>> ReadAsync<T>(HttpResponseMessage response, Func<JsonElement, T> parse)
    {
        try
        {
            // The body is already in memory here: HttpClient has read it under the caller's deadline.
            using var json = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync());
            if (WireReply.FindError(json.RootElement) is { } error)
                return new Reply<T>.Error(error.Status, error.Message);
            return response.StatusCode == HttpStatusCode.OK
                ? new Reply<T>.Answer(parse(json.RootElement))
                : new Reply<T>.Broken($"HTTP {(int)response.StatusCode} without an error of Firestore's");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            return new Reply<T>.Broken($"HTTP {(int)response.StatusCode} with a body that is not Firestore's");
        }
    }

    private static string ReasonOf(Exception exception) => exception switch
    {
        OperationCanceledException => "no answer in time",
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
        _ => "the connection broke",
    };

    internal static SocketsHttpHandler Handler(FirestoreOptions options) => new()
    {
        AllowAutoRedirect = false,
        ConnectTimeout = options.ConnectTimeout,
        EnableMultipleHttp2Connections = true,
        // A dead path is noticed by a ping, not by the deadline of every call that was put on it.
        KeepAlivePingDelay = TimeSpan.FromSeconds(20),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        MaxConnectionsPerServer = ConnectionsMax,
        PooledConnectionLifetime = options.ConnectionLifetime,
        UseCookies = false,
        UseProxy = options.UseSystemProxy,
    };
}
