namespace WaAspire.Messaging.Leasing;

/// <summary>A door bell: many may ring, one waits, and a ring that nobody waited for is not lost.</summary>
internal sealed class WakeUp
{
    private TaskCompletionSource _rung = New();

    public void Set() => Volatile.Read(ref _rung).TrySetResult();

    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        var rung = Volatile.Read(ref _rung);
        try
        {
            await rung.Task.WaitAsync(atMost, time, cancellationToken);
            Volatile.Write(ref _rung, New());
        }
        catch (TimeoutException)
        {
            // Nobody rang: the caller looks by itself.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
