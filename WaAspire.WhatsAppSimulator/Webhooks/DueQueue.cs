namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>Things that wait for their time, for one reader. Bounded: what does not fit is refused and counted.</summary>
internal sealed class DueQueue<T>(int max, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<T, (DateTimeOffset Due, long Order)> _items = new();
    private TaskCompletionSource? _earlier;
    private long _order;
    private long _dropped;

    public int Count
    {
        get { lock (_gate) return _items.Count; }
    }

    public long Dropped
    {
        get { lock (_gate) return _dropped; }
    }

    public bool TryAdd(T item, DateTimeOffset due)
    {
        lock (_gate)
        {
            if (_items.Count >= max)
            {
                _dropped++;
                return false;
            }

            // Equal due times leave in the order in which they came.
            _items.Enqueue(item, (due, ++_order));
            _earlier?.TrySetResult();
            return true;
        }
    }

    /// <summary>Waits until something is due, and takes up to <paramref name="limit"/> due things.</summary>
    public async Task<IReadOnlyList<T>> TakeAsync(int limit, CancellationToken cancellation)
    {
        while (true)
        {
            TaskCompletionSource earlier;
            TimeSpan wait;
            lock (_gate)
            {
                var due = Due_NeedsLock(limit);
                if (due.Count > 0) return due;
                earlier = _earlier = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _items.TryPeek(out _, out var next) ? next.Due - time.GetUtcNow() : Timeout.InfiniteTimeSpan;
            }

            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAny(earlier.Task, Task.Delay(AtLeastOneTick(wait), time, enough.Token));
            await enough.CancelAsync();
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private List<T> Due_NeedsLock(int limit)
    {
        var now = time.GetUtcNow();
        var due = new List<T>();
        while (due.Count < limit && _items.TryPeek(out _, out var next) && next.Due <= now) due.Add(_items.Dequeue());
        return due;
    }

    // A timer counts whole milliseconds; waiting for half of one would spin.
    private static TimeSpan AtLeastOneTick(TimeSpan wait) =>
        wait == Timeout.InfiniteTimeSpan || wait >= TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1);
}
