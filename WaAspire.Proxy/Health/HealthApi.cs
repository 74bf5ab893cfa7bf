using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WaAspire.Proxy.Health;

/// <summary><c>/healthz</c>: the process answers. <c>/readyz</c>: it can accept a message, which takes Firestore and nothing else; Redis may be away.</summary>
internal static class HealthApi
{
    private const string StoreCheck = "firestore";

    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", Healthz);
        routes.MapGet("/readyz", ReadyzAsync);
        return routes;
    }

    private static IResult Healthz(TimeProvider time) => Results.Json(new { status = "ok", timestamp = Iso(time) });

    private static async Task<IResult> ReadyzAsync(HealthCheckService health, TimeProvider time, CancellationToken cancellationToken)
    {
        var report = await health.CheckHealthAsync(check => check.Name == StoreCheck, cancellationToken);
        var ready = report.Status == HealthStatus.Healthy;
        return Results.Json(
            new { status = ready ? "ready" : "not_ready", checks = new { firestore = ready, timestamp = Iso(time) } },
            statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static string Iso(TimeProvider time) => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
}
