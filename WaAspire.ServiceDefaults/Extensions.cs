using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using WaAspire.ServiceDefaults;
using WaAspire.ServiceDefaults.Resilience;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service of ours does alike, by the names that Aspire's template gives it.</summary>
public static class Extensions
{
    private const string LiveTag = "live";

    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        // Requests are in traces and metrics; a line for each would drown the transitions that matter.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.ConfigureOpenTelemetry();
        builder.AddPrometheus();
        builder.AddLogLevels();
        builder.AddDefaultHealthChecks();
        builder.AddHttpClientDefaults();
        return builder;
    }

    /// <summary>For every client of the factory: what is safe to ask twice is asked again. Its lines are left out, because addresses name people.</summary>
    private static void AddHttpClientDefaults(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
#pragma warning disable RS0030 // The composition root is where chance enters.
        builder.Services.TryAddSingleton(Random.Shared);
#pragma warning restore RS0030
        builder.Services.TryAddTransient<IdempotentRetries>();
        builder.Services.ConfigureHttpClientDefaults(http => http.RemoveAllLoggers().AddHttpMessageHandler<IdempotentRetries>());
    }

    public static TBuilder AddDefaultHealthChecks<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);
        return builder;
    }

    /// <summary><c>/health</c> (every check) and <c>/alive</c> (the process answers). They show no more than a word, so they are mapped everywhere.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks("/health");
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains(LiveTag) });
        app.MapPrometheus();
        app.MapLogLevels();
        return app;
    }
}
