namespace WaAspire.Messaging.Time;

/// <summary>A wait that ends early and quietly when cancelled: loops ask their token what to do next.</summary>
public static class Pause
{
    public static async Task ForAsync(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken) =>
        await Task.Delay(delay, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}
