using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.ApplicationModel;

public sealed class ResourceNotificationServiceOptions
{
    public WaitBehavior DefaultWaitBehavior { get; set; }
}

/// <summary>
/// The newest snapshot of every replica, and everyone who waits for one. Snapshots enter from Running/ and Health/.
/// A slow watcher loses the oldest news, never the newest: what it waits for can only be hidden by something newer.
/// </summary>
public class ResourceNotificationService
{
    private const int NewsKeptPerWatcher = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<Channel<ResourceEvent>> _watchers = [];
    private readonly WaitBehavior _defaultWaitBehavior;

    internal ResourceNotificationService(IOptions<ResourceNotificationServiceOptions> options) =>
        _defaultWaitBehavior = options.Value.DefaultWaitBehavior;

    public Task PublishUpdateAsync(
        IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_gate)
        {
            var before = _current.TryGetValue(resourceId, out var known)
                ? known.Snapshot
                : new CustomResourceSnapshot { ResourceType = resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal), Properties = [] };
            var news = _current[resourceId] = new ResourceEvent(resource, resourceId, stateFactory(before));
            foreach (var watcher in _watchers)
                watcher.Writer.TryWrite(news);
        }

        return Task.CompletedTask;
    }

    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_gate)
            return _current.TryGetValue(resourceId, out resourceEvent);
    }

    /// <summary>First what is so now, then every change.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var news = Channel.CreateBounded<ResourceEvent>(
            new BoundedChannelOptions(NewsKeptPerWatcher) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_gate)
        {
            foreach (var state in _current.Values)
                news.Writer.TryWrite(state);
            _watchers.Add(news);
        }

        try
        {
            await foreach (var state in news.Reader.ReadAllAsync(cancellationToken))
                yield return state;
        }
        finally
        {
            lock (_gate)
                _watchers.Remove(news);
        }
    }

    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    public async Task<string> WaitForResourceAsync(
        string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var targets = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var reached = await WaitForResourceAsync(resourceName, e => e.Snapshot.State is { } s && targets.Contains(s.Text), cancellationToken);
        return reached.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var state in WatchAsync(cancellationToken))
        {
            if (IsOf(state, resourceName) && predicate(state))
                return state;
        }

        throw new OperationCanceledException($"Stopped waiting for resource '{resourceName}'.");
    }

    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, _defaultWaitBehavior, cancellationToken);

    public async Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(
            resourceName,
            e => e.Snapshot.HealthStatus == HealthStatus.Healthy || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && IsGone(e.Resource)),
            cancellationToken);
        return reached.Snapshot.HealthStatus == HealthStatus.Healthy
            ? reached
            : throw new DistributedApplicationException(
                $"Stopped waiting for '{resourceName}' to become healthy: it is {reached.Snapshot.State?.Text}.");
    }

    /// <summary>The newest snapshot of everything.</summary>
    internal IReadOnlyList<ResourceEvent> Current()
    {
        lock (_gate)
            return [.. _current.Values];
    }

    /// <summary>The newest snapshot of each replica.</summary>
    internal IReadOnlyList<ResourceEvent> ReplicasOf(IResource resource)
    {
        lock (_gate)
            return [.. _current.Values.Where(e => ReferenceEquals(e.Resource, resource))];
    }

    // One dead replica of two is not the end of the resource.
    private bool IsGone(IResource resource) =>
        ReplicasOf(resource).All(e => e.Snapshot.State is { } s && KnownResourceStates.TerminalStates.Contains(s.Text));

    private static bool IsOf(ResourceEvent state, string resourceName) =>
        string.Equals(state.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase);
}
