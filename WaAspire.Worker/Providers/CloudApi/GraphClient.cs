using System.Net;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>
/// The HTTP client for Meta, made here and nowhere else: it has no handler that retries, follows no redirect and has no
/// time-out of its own, because each of them would be a second owner of a decision that <see cref="CloudApiProvider"/> takes.
/// </summary>
public static class GraphClient
{
    private static readonly TimeSpan _connectionLifetime = TimeSpan.FromMinutes(5);

    public static HttpClient Create(CloudApiOptions options) => new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = _connectionLifetime,
            UseCookies = false,
        },
        disposeHandler: true)
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };
}
