using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using WaAspire.ServiceDefaults.Tracing;

namespace WaAspire.ServiceDefaults;

/// <summary>
/// Logs, metrics and traces over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector, nothing otherwise.
/// ASP.NET Core, HttpClient and the runtime have their instruments built in, so only their names are needed here.
/// </summary>
public static class Telemetry
{
    private const string Ours = "WaAspire.*";
    private static readonly string[] _meters = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", Ours];
    private static readonly string[] _sources = ["Microsoft.AspNetCore", "System.Net.Http", RedisSpans.SourceName, Ours];

    /// <summary>What is measured, by the name of its meter.</summary>
    internal static IReadOnlyList<string> MeterNames => _meters;

    internal static IReadOnlyList<string> SourceNames => _sources;

    internal static bool IsOurs(string meter) => _meters.Contains(meter) || meter.StartsWith(Ours[..^1], StringComparison.Ordinal);

    public static TBuilder ConfigureOpenTelemetry<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return builder;
        }

        // Without it the built-in spans of ASP.NET Core have neither a route in their name nor a status.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
            logging.AddOtlpExporter();
        });
        builder.Services.AddTransient<IStartupFilter, RouteNames>();
        builder.Services.AddHostedService<ExportLoop>();
        return builder;
    }

    /// <summary>Owns the two providers: they export from start to stop, and flush what is left at the end of a drain.</summary>
    private sealed class ExportLoop(IConfiguration configuration, RedisSpans? redis = null) : IHostedService, IDisposable
    {
        private MeterProvider? _metrics;
        private TracerProvider? _traces;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _metrics = Sdk.CreateMeterProviderBuilder().AddMeter(_meters).AddOtlpExporter().Build();
            var traces = Sdk.CreateTracerProviderBuilder().AddSource(_sources).SetSampler(TraceSampling.Of(configuration));
            if (redis is not null)
            {
                traces.AddProcessor(redis);
            }

            _traces = traces.AddProcessor(new PathMask()).AddProcessor(new FailuresKept(Export())).Build();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Dispose();
            return Task.CompletedTask;
        }

        public void Dispose()
        {
            _metrics?.Dispose();
            _traces?.Dispose();
        }

        /// <summary>What AddOtlpExporter makes, by the same variables (OTEL_EXPORTER_OTLP_*, OTEL_BSP_*).</summary>
        private static BatchActivityExportProcessor Export()
        {
            var batch = new BatchExportActivityProcessorOptions();
            return new BatchActivityExportProcessor(
                new OtlpTraceExporter(new OtlpExporterOptions()), batch.MaxQueueSize, batch.ScheduledDelayMilliseconds, batch.ExporterTimeoutMilliseconds, batch.MaxExportBatchSize);
        }
    }

    /// <summary>Names a request's span by its route, never by its path: a path has ids in it, and there is no end to those.</summary>
    private sealed class RouteNames : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (http, rest) =>
            {
                try
                {
                    await rest(http);
                }
                finally
                {
                    if (http.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span)
                    {
                        Name(span, http);
                    }
                }
            });
            next(app);
        };

        private static void Name(Activity span, HttpContext http)
        {
            var route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
            span.DisplayName = route is null ? http.Request.Method : $"{http.Request.Method} {route}";
            span.SetTag("http.route", route);
            span.SetTag("http.response.status_code", http.Response.StatusCode);
            if (http.Response.StatusCode >= StatusCodes.Status500InternalServerError)
            {
                span.SetStatus(ActivityStatusCode.Error);
            }
        }
    }
}
