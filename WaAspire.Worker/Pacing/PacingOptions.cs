using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Pacing;

/// <summary>
/// Section <c>Pacing</c>. The defaults are Meta's published limits:
/// https://developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput
/// </summary>
public sealed class PacingOptions
{
    public const string Section = "Pacing";

    /// <summary>Messages a second of a number whose account names no <c>throughputPerSecond</c>. Default 80.</summary>
    [Range(1, 10_000)]
    public int DefaultPerSecond { get; set; } = 80;

    /// <summary>Messages to one recipient that may go out at once after a rest. Default 45.</summary>
    [Range(1, 1000)]
    public int PairBurst { get; set; } = 45;

    /// <summary>How long one more message to the same recipient takes to earn. Default 6 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan PairInterval { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Messages that one visit to a lane may take from the buckets. More: fewer calls to Redis, and more tokens that lie idle in one hand. Default 4.</summary>
    [Range(1, 200)]
    public int TokensPerVisit { get; set; } = 4;
}
