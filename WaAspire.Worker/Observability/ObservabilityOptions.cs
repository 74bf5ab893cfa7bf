using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Observability;

/// <summary>Section <c>Observability</c>.</summary>
public sealed class ObservabilityOptions
{
    public const string Section = "Observability";

    /// <summary>A lane loop that has not turned for this long makes the worker not ready. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LoopSilence { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Due lanes waiting this long for a free hand make the worker not ready. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan LongestBehind { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a readiness check waits for Firestore. Default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long an answer of /metrics-json is kept, so that asking often costs nothing. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan MetricsFreshFor { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the fleet's figures are read for gauges, while somebody looks: nine reads each time, and two for each account. Default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan FiguresEvery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The window of sentLast5m and failedLast5m. Default 5 min, as the names say.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RecentWindow { get; set; } = TimeSpan.FromMinutes(5);
}
