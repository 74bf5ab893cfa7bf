using WaAspire.Messaging.Time;

namespace WaAspire.Messaging.Firestore;

/// <summary>The wait between two tries: full jitter, growing to a cap.</summary>
internal sealed class RetryPause(FirestoreOptions options, TimeProvider time, Random random)
{
    /// <summary>False when <paramref name="deadline"/> fired first.</summary>
    public async Task<bool> WaitAsync(int attempt, CancellationToken deadline)
    {
        // 2^20 base units already lie beyond any lawful cap; the bound keeps the multiplication from overflowing.
        var ceiling = Math.Min(options.RetryCap.Ticks, options.RetryBase.Ticks * Math.Pow(2, Math.Min(attempt, 20)));
        await Pause.ForAsync(TimeSpan.FromTicks((long)(random.NextDouble() * ceiling)), time, deadline);
        return !deadline.IsCancellationRequested;
    }
}
