using System.ComponentModel.DataAnnotations;

namespace WaAspire.LocalHosting;

/// <summary>How patient the local host is. Section <c>LocalHosting</c> of the AppHost's configuration.</summary>
public sealed class LocalHostingOptions
{
    public const string Section = "LocalHosting";

    /// <summary>From TERM to KILL when we stop a child. Default 25 s: a worker drains for 20 s. Less cuts its drain short.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>From TERM to KILL when the host died, or for what a child left behind. Default 2 s; more lets orphans live longer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan OrphanGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Between two health checks until the first success. Default 200 ms (Aspire: 1 s), because waits follow each other.</summary>
    [Range(typeof(TimeSpan), "00:00:00.02", "00:00:10")]
    public TimeSpan StartingHealthPeriod { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Between two health checks of a healthy resource. Default 30 s, as Aspire has it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.02", "00:10:00")]
    public TimeSpan HealthyPeriod { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Log lines kept in memory per replica. Default 2000; the oldest go first.</summary>
    [Range(10, 100_000)]
    public int LogLinesKept { get; set; } = 2000;

    /// <summary>Whether the dashboard belongs to a run. Default true; tests have none unless they ask for it.</summary>
    public bool Dashboard { get; set; } = true;

    /// <summary>
    /// The script that finds the dashboard or fetches it, relative to the AppHost. Default none: then there is no dashboard.
    /// <c>--look</c> fetches nothing. Prints the program; ends with 3 if it could be fetched, else with a reason and 1.
    /// </summary>
    public string? DashboardScript { get; set; }
}
