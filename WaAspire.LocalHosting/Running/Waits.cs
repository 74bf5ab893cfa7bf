using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WaAspire.LocalHosting.Running;

/// <summary>The order of things: who waits for whom, when a wait is over, and that no wait is a circle.</summary>
internal static class Waits
{
    private enum Verdict
    {
        NotYet,
        Ready,
        Never,
    }

    public static IEnumerable<WaitAnnotation> Of(IResource resource) => resource.Annotations.OfType<WaitAnnotation>();

    /// <summary>Returns when all that the resource waits for is so; throws with a sentence when it never will be.</summary>
    public static async Task PassAsync(
        IResource resource, ResourceNotificationService notifications, WaitBehavior byDefault, CancellationToken cancellationToken)
    {
        foreach (var wait in Of(resource))
        {
            var verdict = Verdict.NotYet;
            await notifications.WaitForResourceAsync(
                wait.Resource.Name,
                _ => (verdict = Judge(wait, notifications.ReplicasOf(wait.Resource), byDefault)) != Verdict.NotYet,
                cancellationToken);
            if (verdict == Verdict.Never)
                throw new DistributedApplicationException($"'{wait.Resource.Name}', which it waits for, ended or failed to start.");
        }
    }

    public static void RequireNoCircle(IEnumerable<IResource> resources)
    {
        var cleared = new HashSet<IResource>();
        foreach (var resource in resources)
            Walk(resource, []);

        void Walk(IResource resource, List<IResource> path)
        {
            if (path.Contains(resource))
                throw new DistributedApplicationException($"These wait for each other in a circle: {string.Join(" → ", path.Append(resource).Select(r => r.Name))}.");
            if (!cleared.Add(resource))
                return;
            foreach (var wait in Of(resource))
                Walk(wait.Resource, [.. path, resource]);
        }
    }

    private static Verdict Judge(WaitAnnotation wait, IReadOnlyList<ResourceEvent> replicas, WaitBehavior byDefault)
    {
        var alive = replicas.Where(e => !IsOver(e.Snapshot)).ToList();
        if (wait.WaitType == WaitType.WaitForCompletion)
        {
            return alive.Count > 0 ? Verdict.NotYet
                : replicas.All(e => e.Snapshot.ExitCode == wait.ExitCode) ? Verdict.Ready : Verdict.Never;
        }

        if (alive.Count == 0)
            return (wait.WaitBehavior ?? byDefault) == WaitBehavior.StopOnResourceUnavailable ? Verdict.Never : Verdict.NotYet;
        return alive.TrueForAll(e => IsThere(e.Snapshot, wait.WaitType)) ? Verdict.Ready : Verdict.NotYet;
    }

    private static bool IsOver(CustomResourceSnapshot snapshot) =>
        snapshot.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text);

    private static bool IsThere(CustomResourceSnapshot snapshot, WaitType type) =>
        snapshot.State?.Text == KnownResourceStates.Running
        && (type == WaitType.WaitUntilStarted || snapshot.HealthStatus == HealthStatus.Healthy);
}
