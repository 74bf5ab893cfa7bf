using System.ComponentModel.DataAnnotations;

namespace WaAspire.Messaging.Leasing;

/// <summary>Section <c>Lanes</c>.</summary>
public sealed class LaneOptions
{
    public const string Section = "Lanes";

    /// <summary>How long a lane stays with a holder that no longer renews. Longer: a dead worker's threads wait longer. Shorter: more renewals, more wasted claims. Default 4 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan Hold { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>How long one call to Redis may take before the lanes count as unreachable. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:30")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an account that may not send now is left alone by the search for due lanes. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan RefusedAccountRest { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the sweep starts from the beginning although nothing seems lost, for lanes that Redis lost alone. Shorter: more reads. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan SweepFromStartEvery { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How often an unreachable Redis is asked whether it is back. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ProbeEvery { get; set; } = TimeSpan.FromSeconds(1);
}
