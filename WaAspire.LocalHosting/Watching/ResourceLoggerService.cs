using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using WaAspire.LocalHosting;
using WaAspire.LocalHosting.Watching;

namespace Aspire.Hosting.ApplicationModel;

public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>What the children print. A test reads it here when something failed; the console shows it as it comes.</summary>
public class ResourceLoggerService
{
    private readonly ConcurrentDictionary<string, LogBacklog> _backlogs = new(StringComparer.OrdinalIgnoreCase);
    private readonly ResourceNotificationService _notifications;
    private readonly int _linesKept;

    internal ResourceLoggerService(ResourceNotificationService notifications, IOptions<LocalHostingOptions> options)
    {
        _notifications = notifications;
        _linesKept = options.Value.LogLinesKept;
    }

    /// <summary>The lines kept so far, replica by replica.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource) => Kept([.. BacklogsOf(resource)]);

    /// <summary>The same by the id of one replica (<see cref="ResourceEvent.ResourceId"/>).</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName) => Kept([BacklogOf(resourceName)]);

    /// <summary>The lines kept so far and then each new one, until the watcher leaves.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource) => Following([.. BacklogsOf(resource)]);

    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => Following([BacklogOf(resourceName)]);

    internal LogBacklog BacklogOf(string resourceId) => _backlogs.GetOrAdd(resourceId, _ => new LogBacklog(_linesKept));

    private IEnumerable<LogBacklog> BacklogsOf(IResource resource) => _notifications.ReplicasOf(resource).Select(e => BacklogOf(e.ResourceId));

    private static async IAsyncEnumerable<IReadOnlyList<LogLine>> Kept(LogBacklog[] backlogs)
    {
        foreach (var backlog in backlogs)
            yield return backlog.Lines();
        await Task.CompletedTask;
    }

    private async IAsyncEnumerable<IReadOnlyList<LogLine>> Following(
        LogBacklog[] backlogs, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var lines = Channel.CreateBounded<LogLine>(
            new BoundedChannelOptions(_linesKept * backlogs.Length + 1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        foreach (var backlog in backlogs)
            backlog.Follow(lines.Writer);
        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(cancellationToken))
                yield return [line];
        }
        finally
        {
            foreach (var backlog in backlogs)
                backlog.Unfollow(lines.Writer);
        }
    }
}
