using System.Collections.Concurrent;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

public sealed class GatheringLineTests
{
    [Fact]
    public void whoever_owns_the_context_owns_every_step()
    {
        // A simulator runs the product on one thread and decides what comes next: nothing may slip to the thread pool.
        using var context = new OneThread();
        using var line = new GatheringLine<int, int>(new GatheringLimits(2, 3, long.MaxValue, 5), async items =>
        {
            Assert.Same(context, SynchronizationContext.Current);
            await Task.Yield();
            Assert.Same(context, SynchronizationContext.Current);
            return items;
        });

        var results = context.Run(() => Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            var result = await line.JoinAsync(i, [$"{i % 7}"], 1, CancellationToken.None);
            Assert.Same(context, SynchronizationContext.Current);
            return result;
        })));

        Assert.Equal(Enumerable.Range(0, 50), results);
    }

    [Fact]
    public async Task an_exception_reaches_the_whole_batch_and_the_line_goes_on()
    {
        var gate = new TaskCompletionSource();
        using var line = new GatheringLine<string, string>(new GatheringLimits(1, 10, long.MaxValue, 100), async items =>
        {
            await gate.Task;
            return items.Contains("bad") ? throw new InvalidOperationException("made for this test") : items;
        });
        var first = line.JoinAsync("first", [], 1, CancellationToken.None);
        var bad = line.JoinAsync("bad", [], 1, CancellationToken.None);
        var beside = line.JoinAsync("beside", [], 1, CancellationToken.None);
        gate.SetResult();

        Assert.Equal("first", await first);
        await Assert.ThrowsAsync<InvalidOperationException>(() => bad);
        await Assert.ThrowsAsync<InvalidOperationException>(() => beside);
        Assert.Equal("after", await line.JoinAsync("after", [], 1, CancellationToken.None));
    }

    [Fact]
    public async Task who_leaves_frees_those_who_waited_behind_him()
    {
        var gate = new TaskCompletionSource();
        using var cancellation = new CancellationTokenSource();
        using var line = new GatheringLine<string, string>(new GatheringLimits(2, 10, long.MaxValue, 100), async items =>
        {
            if (items.Contains("first"))
                await gate.Task;
            return items;
        });
        var first = line.JoinAsync("first", ["x"], 1, CancellationToken.None);
        var leaving = line.JoinAsync("leaving", ["x", "y"], 1, cancellation.Token);
        var behind = line.JoinAsync("behind", ["y"], 1, CancellationToken.None);
        Assert.False(behind.IsCompleted);

        await cancellation.CancelAsync();

        // The second line takes it at once, while the first is still on its way.
        Assert.Equal("behind", await behind);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        gate.SetResult();
        await first;
    }

    [Fact]
    public async Task room_that_was_left_can_be_taken_again()
    {
        var gate = new TaskCompletionSource();
        using var line = new GatheringLine<int, int>(new GatheringLimits(1, 10, long.MaxValue, 2), async items =>
        {
            await gate.Task;
            return items;
        });
        var first = line.JoinAsync(0, [], 1, CancellationToken.None);
        for (var i = 0; i < 20; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var waiting = line.JoinAsync(i, [], 1, cancellation.Token);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }
        var last = Task.WhenAll(line.JoinAsync(1, [], 1, CancellationToken.None), line.JoinAsync(2, [], 1, CancellationToken.None));
        gate.SetResult();

        Assert.Equal(0, await first);
        var results = await last;
        Assert.Equal([1, 2], results);
    }

    private sealed class OneThread : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback Step, object? State)> _steps = [];

        public override void Post(SendOrPostCallback d, object? state) => _steps.Add((d, state));

        public T Run<T>(Func<Task<T>> start)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                var whole = start();
                while (!whole.IsCompleted)
                {
                    Assert.True(_steps.TryTake(out var next, TimeSpan.FromSeconds(30)), "Something has left the context, or nothing goes on.");
                    next.Step(next.State);
                }
                return whole.GetAwaiter().GetResult();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }

        public void Dispose() => _steps.Dispose();
    }
}
