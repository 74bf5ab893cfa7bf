using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WaAspire.Tests.WhatsAppSimulator;

/// <summary>A small real receiver: keeps raw bytes and signature of every POST, and answers what the test wants next.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly WebApplication _app;
    private readonly Channel<ReceivedStatus> _statuses = Channel.CreateUnbounded<ReceivedStatus>();
    private readonly Channel<JsonElement> _inbound = Channel.CreateUnbounded<JsonElement>();

    private WebhookReceiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single() + "/webhooks/whatsapp";

    public ConcurrentQueue<ReceivedPost> Posts { get; } = [];

    /// <summary>Answers for the next POSTs; 200 when empty.</summary>
    public ConcurrentQueue<int> Answers { get; } = [];

    public Func<HttpRequest, (int Status, string Body)> Verify { get; set; } = request => (200, request.Query["hub.challenge"].ToString());

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.MapPost("/webhooks/whatsapp", receiver.PostAsync);
        receiver._app.MapGet("/webhooks/whatsapp", (HttpRequest request) =>
        {
            var (status, body) = receiver.Verify(request);
            return Results.Text(body, statusCode: status);
        });
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The next status that arrives, of any kind.</summary>
    public async Task<ReceivedStatus> NextAsync() => await _statuses.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>The next status of one kind; others that come before it are passed over.</summary>
    public async Task<ReceivedStatus> StatusAsync(string status)
    {
        while (true)
            if (await NextAsync() is var next && next.Status == status)
                return next;
    }

    public async Task<JsonElement> InboundAsync() => await _inbound.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task<IResult> PostAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        Posts.Enqueue(new ReceivedPost(body.ToArray(), request.Headers["X-Hub-Signature-256"].ToString()));
        if (Answers.TryDequeue(out var answer) && answer != 200) return Results.StatusCode(answer);

        var json = JsonSerializer.Deserialize<JsonElement>(body.ToArray());
        foreach (var change in json.GetProperty("entry").EnumerateArray().SelectMany(entry => entry.GetProperty("changes").EnumerateArray()))
        {
            var value = change.GetProperty("value");
            if (value.TryGetProperty("messages", out var messages))
                foreach (var message in messages.EnumerateArray()) await _inbound.Writer.WriteAsync(message);
            if (value.TryGetProperty("statuses", out var statuses))
                foreach (var status in statuses.EnumerateArray()) await _statuses.Writer.WriteAsync(new ReceivedStatus(status));
        }

        return Results.Ok();
    }
}

internal sealed record ReceivedPost(byte[] Body, string Signature);

internal sealed record ReceivedStatus(JsonElement Json)
{
    public string Id => Json.GetProperty("id").GetString()!;
    public string Status => Json.GetProperty("status").GetString()!;
    public string? Opaque => Json.TryGetProperty("biz_opaque_callback_data", out var opaque) ? opaque.GetString() : null;
}
