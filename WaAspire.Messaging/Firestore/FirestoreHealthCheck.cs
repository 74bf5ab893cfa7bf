using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WaAspire.Messaging.Firestore;

/// <summary>Healthy when Firestore has answered lately, or answers a read now. Nobody can run up a bill by probing.</summary>
internal sealed class FirestoreHealthCheck(DocumentGatherer gatherer, ServerClock clock, FirestoreOptions options, TimeProvider time) : IHealthCheck
{
    public const string Name = "firestore";
    private const string ProbePath = "health/probe";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (clock.SinceObservation < options.HealthMemory)
            return HealthCheckResult.Healthy("answered lately");
        try
        {
            await gatherer.GetAsync(ProbePath, Name, cancellationToken).WaitAsync(options.HealthTimeout, time, cancellationToken);
            return HealthCheckResult.Healthy("answered");
        }
        catch (FirestoreException exception)
        {
            return HealthCheckResult.Unhealthy(exception.Status.ToString());
        }
        catch (TimeoutException)
        {
            return HealthCheckResult.Unhealthy("no answer in time");
        }
    }
}
