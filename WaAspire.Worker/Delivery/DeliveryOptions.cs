using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Delivery;

/// <summary>Section <c>Delivery</c>.</summary>
public sealed class DeliveryOptions
{
    public const string Section = "Delivery";

    /// <summary>How often one worker of the fleet looks. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan LookEvery { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A message that was accepted this long ago and not delivered counts as late. Shorter: phones that are merely off count too. Default 15 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan LateAfter { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How far back of that the share of delivered messages is taken from. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How far back a repair on demand asks. Default 7 days, as long as Meta delivers webhooks.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan RepairWindow { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Sent messages read in one look: the bill of a look. Default 1,000.</summary>
    [Range(10, 10_000)]
    public int SampleMax { get; set; } = 1000;

    /// <summary>Messages that Meta is asked for in one look or one repair. Default 200.</summary>
    [Range(1, 10_000)]
    public int AskMax { get; set; } = 200;

    /// <summary>Below this share an account is shown as degraded. Default 0.5.</summary>
    [Range(0.0, 1.0)]
    public double DegradedBelow { get; set; } = 0.5;

    /// <summary>Fewer messages than this say nothing about a share. Default 20.</summary>
    [Range(1, 10_000)]
    public int SampleMin { get; set; } = 20;

    /// <summary>Late messages that are named for each account. Default 50.</summary>
    [Range(1, 1000)]
    public int ListedMax { get; set; } = 50;
}
