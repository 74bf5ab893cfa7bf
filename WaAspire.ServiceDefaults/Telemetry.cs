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
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace WaAspire.ServiceDefaults;

/// <summary>
/// Logs, metrics and traces over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector, nothing otherwise.
/// ASP.NET Core, HttpClient and the runtime have their instruments built in, so only their names are needed here.
/// </summary>
public static class Telemetry
{
    private const string Ours = "WaAspire.*";
    private static readonly string[] _meters = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", Ours];
    private static readonly string[] _sources = ["Microsoft.AspNetCore", "System.Net.Http", Ours];

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
    private sealed class ExportLoop : IHostedService, IDisposable
    {
        private MeterProvider? _metrics;
        private TracerProvider? _traces;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _metrics = Sdk.CreateMeterProviderBuilder().AddMeter(_meters).AddOtlpExporter().Build();
            _traces = Sdk.CreateTracerProviderBuilder().AddSource(_sources).AddProcessor(new SpanFilter()).AddOtlpExporter().Build();
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

    /// <summary>
    /// Leaves out the spans of health checks, which come all day and say what the checks themselves say. What is told of all others
    /// is their route, not their path: a thread's id in it ends with somebody's phone number.
    /// </summary>
    internal sealed class SpanFilter : BaseProcessor<Activity>
    {
        private static readonly HashSet<string> _probes = ["/health", "/alive", "/healthz", "/readyz"];

        public override void OnEnd(Activity data)
        {
            if (data.GetTagItem("url.path") is string path)
            {
                if (data.Kind == ActivityKind.Server && data.Status != ActivityStatusCode.Error && _probes.Contains(path))
                {
                    data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
                }

                data.SetTag("url.path", data.GetTagItem("http.route"));
            }
        }
    }
}
