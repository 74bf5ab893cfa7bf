using System.ComponentModel.DataAnnotations;

namespace WaAspire.Messaging.Pacing;

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
    [Range(1, 10_000)]
    public int PairBurst { get; set; } = 45;

    /// <summary>How long one more message to the same recipient takes to earn. Default 6 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan PairInterval { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>A recipient that WhatsApp says was written to too often rests this long, four times as long at each repetition. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan PairPenalty { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Repetitions that still make the rest longer. Default 6: the longest is 4,096 s.</summary>
    [Range(0, 8)]
    public int PairPenaltySteps { get; set; } = 6;

    /// <summary>How long a number that sent too fast takes to be back at its whole rate, from half of it. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan RateRecovery { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Least time between two messages of a Baileys account without <c>sendGapMs</c>. Shorter: more likely to be taken for a machine. Default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan BaileysGap { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Up to this much is added to the gap by chance, without <c>sendGapJitterMs</c>. Default 4 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan BaileysGapJitter { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>Messages that a Baileys account without <c>dailyCap</c> may send between two midnights (UTC). Default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int BaileysDailyCap { get; set; } = 1000;

    /// <summary>Answers in a row that say the provider is down, after which the account pauses. Default 3.</summary>
    [Range(1, 1000)]
    public int DownAfter { get; set; } = 3;

    /// <summary>How often one lane of such an account tries whether the provider is back; up to a quarter is added by chance. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan ProbeEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Messages that one visit to a lane may take from the buckets. More: fewer calls to Redis, and more tokens that lie idle in one hand. Default 4.</summary>
    [Range(1, 200)]
    public int TokensPerVisit { get; set; } = 4;
}
