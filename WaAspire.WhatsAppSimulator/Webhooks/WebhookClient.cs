using Microsoft.Extensions.Options;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>The client towards the receiver. It follows no redirect, as Meta does not: a redirect is not a 200.</summary>
internal sealed class WebhookClient(IOptions<WebhookOptions> options) : IDisposable
{
    private const int AnswerBytesMax = 64 * 1024;

    public HttpClient Http { get; } = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        MaxConnectionsPerServer = options.Value.Lanes + 1,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    {
        Timeout = options.Value.Timeout,
        MaxResponseContentBufferSize = AnswerBytesMax,
        DefaultRequestHeaders = { { "User-Agent", "facebookexternalua" } },
    };

    public void Dispose() => Http.Dispose();
}
