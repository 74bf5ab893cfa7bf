namespace WaAspire.Messaging.Leasing;

/// <summary>A door bell: many may ring, one waits, and a ring that nobody waited for is not lost.</summary>
public sealed class WakeUp
{
    private TaskCompletionSource _rung = New();

    public void Set() => Volatile.Read(ref _rung).TrySetResult();

    /// <summary>Ends with a ring, after <paramref name="atMost"/>, or when cancelled: quietly, whoever waits then looks by itself.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        // Timer and token ring the same bell: a wait around the wait would bring its end from the pool.
        var rung = Volatile.Read(ref _rung);
        await using var timer = time.CreateTimer(static bell => ((TaskCompletionSource)bell!).TrySetResult(), rung, atMost, Timeout.InfiniteTimeSpan);
        await using var ending = cancellationToken.UnsafeRegister(static bell => ((TaskCompletionSource)bell!).TrySetResult(), rung);
        await rung.Task;
        Volatile.Write(ref _rung, New());
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
