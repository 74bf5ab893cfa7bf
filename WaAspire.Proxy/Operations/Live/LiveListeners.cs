using System.Net.ServerSentEvents;
using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace WaAspire.Proxy.Operations.Live;

/// <summary>The open pages. Each holds what it was told last and has not read yet, and nothing older: a slow page skips, it does not pile up.</summary>
internal sealed class LiveListeners(IOptions<LiveOptions> options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<LiveListener> _listeners = [];
    private TaskCompletionSource _somebody = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (LiveNews News, long At)? _latest;

    /// <summary>Null when there is no room.</summary>
    public LiveListener? Join(bool isSuperAdmin)
    {
        lock (_gate)
        {
            if (_listeners.Count >= options.Value.ListenersMax)
            {
                return null;
            }

            var listener = new LiveListener(isSuperAdmin, Leave);
            if (_latest is { } latest && time.GetElapsedTime(latest.At) <= options.Value.ReadEvery)
            {
                listener.Tell(latest.News);
            }

            _listeners.Add(listener);
            _somebody.TrySetResult();
            return listener;
        }
    }

    /// <summary>At once while somebody listens.</summary>
    public Task SomebodyAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _somebody.Task.WaitAsync(cancellationToken);
        }
    }

    public void Publish(LiveNews news)
    {
        lock (_gate)
        {
            _latest = (news, time.GetTimestamp());
            _listeners.ForEach(listener => listener.Tell(news));
        }
    }

    /// <summary>Whether what employees may see has to be found out.</summary>
    public bool HasEmployees
    {
        get
        {
            lock (_gate)
            {
                return _listeners.Exists(listener => !listener.IsSuperAdmin);
            }
        }
    }

    private void Leave(LiveListener listener)
    {
        lock (_gate)
        {
            if (_listeners.Remove(listener) && _listeners.Count == 0)
            {
                _somebody = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}

/// <param name="Type">The event's name: <c>overview</c> or <c>trouble</c>.</param>
/// <param name="ForSuperAdmin">JSON.</param>
/// <param name="ForEmployees">JSON; null when nobody had asked for it.</param>
internal sealed record LiveNews(string Type, string ForSuperAdmin, string? ForEmployees);

/// <summary>One open page.</summary>
internal sealed class LiveListener(bool isSuperAdmin, Action<LiveListener> leave) : IDisposable
{
    private readonly Channel<SseItem<string>> _next = Channel.CreateBounded<SseItem<string>>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    public bool IsSuperAdmin { get; } = isSuperAdmin;

    public void Tell(LiveNews news)
    {
        if ((IsSuperAdmin ? news.ForSuperAdmin : news.ForEmployees) is { } text)
        {
            _next.Writer.TryWrite(new SseItem<string>(text, news.Type));
        }
    }

    /// <summary>What comes next; null when the token ended first.</summary>
    public async ValueTask<SseItem<string>?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _next.Reader.ReadAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => leave(this);
}
