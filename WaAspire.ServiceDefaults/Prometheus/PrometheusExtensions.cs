using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.ServiceDefaults;
using WaAspire.ServiceDefaults.Prometheus;

namespace Microsoft.Extensions.Hosting;

/// <summary><c>GET /metrics</c> for Prometheus, behind the observability token where one is configured.</summary>
public static class PrometheusExtensions
{
    public static TBuilder AddPrometheus<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddSingleton<PrometheusMetrics>();
        // Before every other hosted service is made: what they count while they start is counted.
        builder.Services.AddHostedService(services => services.GetRequiredService<PrometheusMetrics>());
        return builder;
    }

    public static IEndpointRouteBuilder MapPrometheus(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/metrics", (PrometheusMetrics metrics) => Results.Text(metrics.Read(), PrometheusText.ContentType)).RequireObservabilityToken();
        return routes;
    }
}
