namespace WaAspire.Messaging;

/// <summary>Bounds of histograms of seconds: fine where a message should be, coarse up to the hour that an account may be away.</summary>
public static class DurationBuckets
{
    public static IReadOnlyList<double> Seconds { get; } = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
}
