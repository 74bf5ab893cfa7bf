using System.Net;
using System.Net.Sockets;

namespace WaAspire.ServiceDefaults.Resilience;

/// <summary>
/// Asks again where asking twice is the same as asking once: GET, HEAD and OPTIONS, and what its caller says of
/// (<see cref="Repeatable"/>), after a connection that broke or an answer that says that the server was not well. Whatever else
/// changes something leaves once. Aspire's template takes a
/// package for this, set not to retry unsafe methods; it is this until that restores. The client's own time-out bounds
/// all attempts together.
/// </summary>
/// <remarks>The clients that speak to WhatsApp are made without any handler (Worker/Providers), so not even this one is in their chain.</remarks>
internal sealed class IdempotentRetries(TimeProvider time, Random chance) : DelegatingHandler
{
    public const int Attempts = 3;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isSafe = request.Options.TryGetValue(Repeatable.Key, out var mayRepeat)
            ? mayRepeat
            : request.Content is null && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Options);
        for (var attempt = 1; ; attempt++)
        {
            var isLast = !isSafe || attempt == Attempts;
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                if (isLast || !IsPassing(response))
                {
                    return response;
                }

                response.Dispose();
            }
            catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException && !isLast && !cancellationToken.IsCancellationRequested)
            {
                // Another connection, perhaps another replica.
            }

            // With jitter: who failed together does not come back together.
            await Task.Delay(_pause * attempt * (0.5 + chance.NextDouble()), time, cancellationToken);
        }
    }

    /// <summary>An answer that names a time to come back is for whoever asked.</summary>
    private static bool IsPassing(HttpResponseMessage response) =>
        response.Headers.RetryAfter is null && response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
}
