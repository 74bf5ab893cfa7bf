namespace WaAspire.Messaging.Inbound;

/// <summary>
/// One line a thread: its messages are stored in the order in which they came, one commit at a time, and whoever comes
/// while a commit is on its way shares the next one. Different threads do not wait for each other. Statuses have a line for
/// each message that they report on. There is no
/// background task: the first of each batch carries it, and on the way out calls the next carrier.
/// </summary>
internal sealed class ThreadLines<TItem, TResult>(int itemsMax, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> carry)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<Waiter>> _lines = new(StringComparer.Ordinal);

    /// <summary>Results in the order of the items; <paramref name="items"/> of one caller stay together.</summary>
    public async Task<IReadOnlyList<TResult>> JoinAsync(string thread, IReadOnlyList<TItem> items)
    {
        var waiter = new Waiter(items);
        lock (_gate)
        {
            if (_lines.TryGetValue(thread, out var line))
            {
                line.Enqueue(waiter);
            }
            else
            {
                _lines[thread] = new Queue<Waiter>();
                waiter.Turn.SetResult(new Turn([waiter], null));
            }
        }

        var turn = await waiter.Turn.Task;
        return turn.Carries is { } batch ? await CarryAsync(thread, batch) : turn.Results!;
    }

    private async Task<IReadOnlyList<TResult>> CarryAsync(string thread, IReadOnlyList<Waiter> batch)
    {
        IReadOnlyList<TResult> results;
        try
        {
            results = await carry([.. batch.SelectMany(waiter => waiter.Items)]);
        }
        catch (Exception exception)
        {
            foreach (var waiter in batch.Skip(1))
            {
                waiter.Turn.SetException(exception);
            }

            throw;
        }
        finally
        {
            CallNext(thread);
        }

        var given = batch[0].Items.Count;
        foreach (var waiter in batch.Skip(1))
        {
            waiter.Turn.SetResult(new Turn(null, [.. results.Skip(given).Take(waiter.Items.Count)]));
            given += waiter.Items.Count;
        }

        return [.. results.Take(batch[0].Items.Count)];
    }

    private void CallNext(string thread)
    {
        lock (_gate)
        {
            var line = _lines[thread];
            var (next, count) = (new List<Waiter>(), 0);
            while (line.TryPeek(out var waiter) && (count == 0 || count + waiter.Items.Count <= itemsMax))
            {
                next.Add(line.Dequeue());
                count += waiter.Items.Count;
            }

            if (next.Count == 0)
            {
                _lines.Remove(thread);
            }
            else
            {
                next[0].Turn.SetResult(new Turn(next, null));
            }
        }
    }

    private readonly record struct Turn(IReadOnlyList<Waiter>? Carries, IReadOnlyList<TResult>? Results);

    private sealed class Waiter(IReadOnlyList<TItem> items)
    {
        public IReadOnlyList<TItem> Items { get; } = items;

        // Continuations run elsewhere (or are posted), never under the lock.
        public TaskCompletionSource<Turn> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
