namespace WaAspire.Tests.Firestore;

/// <summary>Time that stands still until the test moves it. The wall clock is deliberately absurd: nothing here may ask for it.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

    public void Advance(TimeSpan by) => _ticks += by.Ticks;
}
