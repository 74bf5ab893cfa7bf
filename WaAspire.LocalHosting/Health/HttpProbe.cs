using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WaAspire.LocalHosting.Health;

/// <summary>Healthy means that a GET of this path answers with exactly this status. A redirect is an answer, not a way.</summary>
internal sealed class HttpProbe(EndpointReference endpoint, string path, int statusCode) : IHealthCheck
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    // Never pooled: through a forwarder a kept connection would ask the same replica for ever.
    private static readonly HttpClient s_client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.Zero,
    });

    public string Path { get; } = path;

    public int StatusCode { get; } = statusCode;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var uri = new Uri(new Uri(endpoint.Url), Path);
            using var response = await s_client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return (int)response.StatusCode == StatusCode
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy(string.Create(
                    CultureInfo.InvariantCulture, $"{Path} answered {(int)response.StatusCode} instead of {StatusCode}"));
        }
        catch (HttpRequestException fault)
        {
            return HealthCheckResult.Unhealthy($"{Path} did not answer: {fault.Message}");
        }
    }
}
