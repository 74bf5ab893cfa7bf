using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Overview;

/// <summary>Section <c>Overview</c>: what one look at the whole fleet may cost.</summary>
public sealed class OverviewOptions
{
    public const string Section = "Overview";

    /// <summary>How long a look is good for whoever asks next: several proxies cost no more than one. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan FreshFor { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an account's last inbound and last acknowledgement are kept: at most 18 reads for each account in this time. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ActivityFreshFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many waiting messages are listed, the oldest first; a read for each. Default 100.</summary>
    [Range(1, 500)]
    public int WaitingMax { get; set; } = 100;

    /// <summary>How many messages in doubt are listed; a read for each. Default 50.</summary>
    [Range(1, 500)]
    public int DoubtsMax { get; set; } = 50;

    /// <summary>How many dead letters are listed, the newest first; a read for each. Default 20.</summary>
    [Range(1, 100)]
    public int DeadLettersMax { get; set; } = 20;
}
