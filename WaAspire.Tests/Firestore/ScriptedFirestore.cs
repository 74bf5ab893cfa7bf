using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace WaAspire.Tests.Firestore;

/// <summary>A real HTTP server that answers as Firestore would, call by call as the test says.</summary>
internal sealed class ScriptedFirestore : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Func<Call, Task> _answer;

    private ScriptedFirestore(WebApplication app, Func<Call, Task> answer)
    {
        _app = app;
        _answer = answer;
    }

    public static X509Certificate2 Certificate { get; } = SelfSigned();

    public ConcurrentQueue<Call> Calls { get; } = [];

    public Uri Url => new(_app.Urls.Single());

    public static Task<ScriptedFirestore> StartAsync(Func<Call, Task> answer) => StartAsync(answer, _ => { });

    public static Task<ScriptedFirestore> StartWithTlsAsync(Func<Call, Task> answer) => StartAsync(answer, listen =>
    {
        listen.Protocols = HttpProtocols.Http2;
        listen.UseHttps(Certificate);
    });

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static async Task<ScriptedFirestore> StartAsync(Func<Call, Task> answer, Action<ListenOptions> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, configure));
        var server = new ScriptedFirestore(builder.Build(), answer);
        server._app.Run(server.HandleAsync);
        await server._app.StartAsync();
        return server;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    private async Task HandleAsync(HttpContext http)
    {
        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        var call = new Call(http, body.RootElement.Clone(), Calls.Count + 1);
        Calls.Enqueue(call);
        await _answer(call);
    }

    internal sealed record Call(HttpContext Http, JsonElement Body, int Number)
    {
        // Taken at once: the request is gone when the test looks at it.
        public string Path { get; } = Http.Request.Path.Value!;

        public string Protocol { get; } = Http.Request.Protocol;

        public string Authorization { get; } = Http.Request.Headers.Authorization.ToString();

        public string Connection { get; } = Http.Connection.Id;

        public string Method => Path.Split(':')[^1];

        /// <summary>Document paths of a commit, in the order in which they came.</summary>
        public string[] WrittenPaths => [.. Body.GetProperty("writes").EnumerateArray().Select(PathOf)];

        public Task AnswerAsync(string json, int status = 200)
        {
            Http.Response.StatusCode = status;
            Http.Response.ContentType = "application/json";
            return Http.Response.WriteAsync(json);
        }

        public Task NeverAnswerAsync() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, Http.RequestAborted);

        public Task FailAsync(int http, string status, string message = "made for this test") =>
            AnswerAsync(JsonSerializer.Serialize(new { error = new { code = http, message, status } }), http);

        /// <summary>Update times count up by the microsecond, so that a test can see which is whose.</summary>
        public Task CommitAsync(string time = "2026-01-31T12:00:00Z")
        {
            var results = Body.GetProperty("writes").EnumerateArray()
                .Select((_, index) => new { updateTime = $"2026-01-31T12:00:00.{index:000000}Z" });
            return AnswerAsync(JsonSerializer.Serialize(new { writeResults = results, commitTime = time }));
        }

        private static string PathOf(JsonElement write)
        {
            var name = write.TryGetProperty("delete", out var deleted) ? deleted : write.GetProperty("update").GetProperty("name");
            return name.GetString()!.Split("/documents/")[1];
        }
    }
}
