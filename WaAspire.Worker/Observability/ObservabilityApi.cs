using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.ServiceDefaults;
using WaAspire.Worker.Gateway;

namespace WaAspire.Worker.Observability;

/// <summary>The runbook's three endpoints. They are open by default; none of them changes anything.</summary>
public static class ObservabilityApi
{
    public static IEndpointRouteBuilder MapObservability(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", Healthz);
        routes.MapGet("/readyz", ReadyzAsync).RequireObservabilityToken();
        routes.MapGet("/metrics-json", MetricsAsync).RequireObservabilityToken();
        return routes;
    }

    /// <summary>The process answers. It never depends on a store: restarting a worker does not mend Firestore.</summary>
    private static IResult Healthz(TimeProvider time) => Results.Json(new Health("ok", time.GetUtcNow()));

    private static async Task<IResult> ReadyzAsync(
        IFirestore firestore, LoopPulse pulse, SessionHealth sessions, IOptions<ObservabilityOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        var limits = options.Value;
        var worker = pulse.SinceBeat < limits.LoopSilence && pulse.Behind < limits.LongestBehind;
        var deaf = sessions.Degraded is { Count: > 0 } degraded ? degraded : null;
        var checks = new Checks(await AnswersAsync(firestore, limits.ProbeTimeout, time, cancellationToken), worker, deaf is null ? null : false, time.GetUtcNow());
        // A deaf session is shown and no more: a worker that is taken out for one would take its healthy sessions along.
        var ready = checks.Firestore && checks.Worker;
        return Results.Json(new Readiness(ready ? "ready" : "not_ready", checks, deaf), statusCode: ready ? 200 : 503);
    }

    private static async Task<IResult> MetricsAsync(OutboxFiguresReader figures, CancellationToken cancellationToken)
    {
        try
        {
            return Results.Json(await figures.ReadAsync(cancellationToken));
        }
        catch (FirestoreException)
        {
            return Results.Json(new Failure("Firestore is not available"), statusCode: 503);
        }
    }

    private static async Task<bool> AnswersAsync(IFirestore firestore, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await firestore.GetAsync(["instances/readiness-probe"], "probe", cancellationToken).WaitAsync(timeout, time, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is FirestoreException or TimeoutException)
        {
            return false;
        }
    }

    private sealed record Health(string Status, [property: JsonConverter(typeof(IsoTimeConverter))] DateTimeOffset Timestamp);

    /// <param name="Firestore">It answers.</param>
    /// <param name="Worker">The lane loop turns and keeps up.</param>
    /// <param name="Sessions">False while one of this worker's sessions is open and deaf; absent otherwise, as monitors know it.</param>
    /// <param name="Timestamp">Of the answer.</param>
    private sealed record Checks(
        bool Firestore,
        bool Worker,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Sessions,
        [property: JsonConverter(typeof(IsoTimeConverter))] DateTimeOffset Timestamp);

    private sealed record Readiness(
        string Status, Checks Checks, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? DegradedAccounts);

    private sealed record Failure(string Error);
}
