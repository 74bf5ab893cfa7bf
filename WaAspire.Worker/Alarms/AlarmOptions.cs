using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Alarms;

/// <summary>Section <c>Alarms</c>.</summary>
public sealed class AlarmOptions
{
    public const string Section = "Alarms";

    /// <summary>Where notices are posted. Null, the default: nobody evaluates, and nothing is read for it. A secret: it is never logged.</summary>
    [RegularExpression("https?://.+")]
    public string? WebhookUrl { get; set; }

    /// <summary>How often one worker of the fleet evaluates: nine reads each time. Default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan EvaluateEvery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a condition must be gone before its alarm is taken back. Shorter: notices that come and go. Default 2 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ClearAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long one post may take; what is not told is told with the next turn. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan PostTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
