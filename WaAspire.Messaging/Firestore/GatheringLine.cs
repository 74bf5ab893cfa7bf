namespace WaAspire.Messaging.Firestore;

/// <summary>
/// A line at which callers gather while the batch before them is on its way. When the line is free a caller goes at once,
/// alone; there is no timer. There is no background task either: the first caller of each batch carries it, and on the way
/// out calls the next carrier. So exceptions have an owner, and a simulator that owns the context owns everything here.
/// </summary>
internal sealed class GatheringLine<TItem, TResult>(GatheringLimits limits, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> carry)
    : IDisposable
{
    // A hot document may hold up thousands; looking past all of them for each batch would cost more than it gains.
    private const int LookAhead = 1000;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _room = new(limits.PendingMax);
    private readonly LinkedList<Waiter> _pending = [];
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);
    private int _underWay;

    /// <summary>
    /// Waits for the result. Members that share a key never travel together nor at the same time, and keep their order.
    /// Cancellation takes back what no batch has taken yet; afterwards it is ignored, because the outcome is no longer ours.
    /// </summary>
    public async Task<TResult> JoinAsync(TItem item, IReadOnlyCollection<string> keys, int weight, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        var waiter = new Waiter(item, keys, weight);
        lock (_gate)
        {
            _pending.AddLast(waiter.Place);
            CallCarriers_NeedsLock();
        }
        using var leaving = cancellationToken.Register(() => Leave(waiter, cancellationToken));
        var turn = await waiter.Turn.Task;
        return turn.Carries is { } batch ? await CarryAsync(batch) : turn.Result!;
    }

    public void Dispose() => _room.Dispose();

    private async Task<TResult> CarryAsync(IReadOnlyList<Waiter> batch)
    {
        IReadOnlyList<TResult> results;
        try
        {
            results = await carry([.. batch.Select(waiter => waiter.Item)]);
        }
        catch (Exception exception)
        {
            foreach (var waiter in batch.Skip(1))
                waiter.Turn.SetException(exception);
            throw;
        }
        finally
        {
            lock (_gate)
            {
                _underWay--;
                _busy.ExceptWith(batch.SelectMany(waiter => waiter.Keys));
                CallCarriers_NeedsLock();
            }
        }
        for (var i = 1; i < batch.Count; i++)
            batch[i].Turn.SetResult(new Turn(null, results[i]));
        return results[0];
    }

    private void CallCarriers_NeedsLock()
    {
        while (_underWay < limits.Lines && TakeBatch_NeedsLock() is { Count: > 0 } batch)
        {
            _underWay++;
            _room.Release(batch.Count);
            // Continuations run elsewhere (or are posted), never under this lock.
            batch[0].Turn.SetResult(new Turn(batch, default));
        }
    }

    private List<Waiter> TakeBatch_NeedsLock()
    {
        var batch = new List<Waiter>();
        var held = new HashSet<string>(StringComparer.Ordinal);
        var weight = 0L;
        var looked = 0;
        for (var node = _pending.First; node is not null && batch.Count < limits.ItemsMax && looked++ < LookAhead;)
        {
            var waiter = node.Value;
            node = node.Next;
            var fits = batch.Count == 0 || weight + waiter.Weight <= limits.WeightMax;
            if (!fits || waiter.Keys.Any(key => _busy.Contains(key) || held.Contains(key)))
            {
                // Who comes later and shares a key with this one stays behind it.
                held.UnionWith(waiter.Keys);
                continue;
            }
            _pending.Remove(waiter.Place);
            _busy.UnionWith(waiter.Keys);
            weight += waiter.Weight;
            batch.Add(waiter);
        }
        return batch;
    }

    private void Leave(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (waiter.Place.List is null)
                return;
            _pending.Remove(waiter.Place);
            _room.Release();
            waiter.Turn.SetCanceled(cancellationToken);
            CallCarriers_NeedsLock();
        }
    }

    /// <summary>Either the batch that this caller is to carry, or the result that another has carried.</summary>
    private readonly record struct Turn(IReadOnlyList<Waiter>? Carries, TResult? Result);

    private sealed class Waiter
    {
        public Waiter(TItem item, IReadOnlyCollection<string> keys, int weight)
        {
            Item = item;
            Keys = keys;
            Weight = weight;
            Place = new LinkedListNode<Waiter>(this);
        }

        public TItem Item { get; }

        public IReadOnlyCollection<string> Keys { get; }

        public int Weight { get; }

        public LinkedListNode<Waiter> Place { get; }

        public TaskCompletionSource<Turn> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <param name="Lines">Batches on their way at once.</param>
/// <param name="ItemsMax">Members of one batch.</param>
/// <param name="WeightMax">Their weight together; a heavier single member goes alone.</param>
/// <param name="PendingMax">Members that wait for a batch.</param>
internal sealed record GatheringLimits(int Lines, int ItemsMax, long WeightMax, int PendingMax);
