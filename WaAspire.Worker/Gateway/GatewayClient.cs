using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using WaAspire.Messaging;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// Commands to this worker's own gateway, on loopback with the token of this run. Each call is one try: no handler in the
/// chain repeats it, and what became of one that was not answered is said exactly, because a send may be among them.
/// </summary>
public sealed class GatewayClient(HttpMessageHandler handler, IOptions<GatewayOptions> options, TimeProvider time) : IDisposable
{
    private const int AnswerLimit = 4 * 1024 * 1024;

    private readonly HttpClient _http = new(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };

    private volatile Door? _door;
    private long _silentSince;

    public GatewayClient(IOptions<GatewayOptions> options, TimeProvider time)
        : this(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }, options, time)
    {
    }

    /// <summary>A gateway listens.</summary>
    public bool IsUp => _door is not null;

    /// <summary>Since a command was left without an answer and none has been answered after it; zero otherwise.</summary>
    public TimeSpan SilentFor => Volatile.Read(ref _silentSince) is var since && since == 0 ? TimeSpan.Zero : time.GetElapsedTime(since);

    /// <summary>It lives, and has let more than one command pass: what is told to it now, nobody knows the outcome of.</summary>
    public bool IsMute => SilentFor >= options.Value.CommandTimeout;

    public void Attach(int port, string token)
    {
        Volatile.Write(ref _silentSince, 0);
        _door = new Door(port, token);
    }

    public void Detach() => _door = null;

    /// <param name="command">The path, <c>/sessions/open</c>.</param>
    /// <param name="body">With <c>accountId</c> and <c>epoch</c>.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<GatewayReply> PostAsync(string command, JsonObject body, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (_door is not { } door)
        {
            return new GatewayReply.NotSent("there is no gateway");
        }

        using var content = new OnceContent(JsonSerializer.SerializeToUtf8Bytes(body));
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{door.Port}{command}") { Content = content, Version = HttpVersion.Version11 };
            request.Headers.Add(GatewayDoor.TokenHeader, door.Token);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            await response.Content.LoadIntoBufferAsync(AnswerLimit, either.Token);
            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(either.Token));
            Volatile.Write(ref _silentSince, 0);
            return new GatewayReply.Answer((int)response.StatusCode, json.RootElement.Clone());
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException or IOException or JsonException or InvalidOperationException)
        {
            Interlocked.CompareExchange(ref _silentSince, time.GetTimestamp(), 0);
            return content.Started
                ? new GatewayReply.Lost(timeout.IsCancellationRequested ? "no answer in time" : "the connection broke before an answer")
                : new GatewayReply.NotSent("the gateway cannot be reached");
        }
    }

    /// <summary>A file, as it comes; whoever takes the response disposes of it. Null: the gateway is not there, or gives no answer in time.</summary>
    public async Task<HttpResponseMessage?> StreamAsync(string command, JsonObject body, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (_door is not { } door)
        {
            return null;
        }

        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{door.Port}{command}") { Content = JsonContent.Create(body) };
            request.Headers.Add(GatewayDoor.TokenHeader, door.Token);
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private sealed record Door(int Port, string Token);
}

/// <summary>A closed set: what became of a command.</summary>
public abstract record GatewayReply
{
    private GatewayReply()
    {
    }

    public sealed record Answer(int Status, JsonElement Body) : GatewayReply
    {
        public bool IsOk => Status == 200;

        /// <summary>The gateway's word for why nothing happened.</summary>
        public string Error => Word("error") ?? "unknown";

        /// <summary>0 where there is none.</summary>
        public long Number(string name) =>
            Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;

        public string? Word(string name) =>
            Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    /// <summary>No byte of it left.</summary>
    public sealed record NotSent(string Reason) : GatewayReply;

    /// <summary>It may have been carried out.</summary>
    public sealed record Lost(string Reason) : GatewayReply;
}
