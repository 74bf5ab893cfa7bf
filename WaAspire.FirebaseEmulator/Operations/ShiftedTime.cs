namespace WaAspire.FirebaseEmulator.Operations;

/// <summary>The clock that commits are told, which a fault puts ahead of everybody else's or behind.</summary>
internal sealed class ShiftedTime(TimeProvider time, Faults faults) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + faults.Plan.ClockOffset;
}
