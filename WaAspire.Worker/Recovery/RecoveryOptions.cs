using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Recovery;

/// <summary>Section <c>Recovery</c>.</summary>
public sealed class RecoveryOptions
{
    public const string Section = "Recovery";

    /// <summary>How often the fleet sweeps. Longer: cheaper, and slower when a signal was lost. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan SweepEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How far the cursor trails behind now, so that nothing that is committed late is passed over. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan SweepTrail { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often messages are looked for whose time ran out where no lane shows them. Longer: they end later. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan ExpireEvery { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Documents read in one page. Default 300.</summary>
    [Range(2, 10_000)]
    public int PageSize { get; set; } = 300;

    /// <summary>Pages read in one sweep; the next one goes on behind them. Default 100.</summary>
    [Range(1, 10_000)]
    public int PagesPerSweep { get; set; } = 100;

    /// <summary>Whether documents of the old system are taken over. Switch it off when none is unfinished: it reads every unfinished document. Default true.</summary>
    public bool AdoptLegacy { get; set; } = true;

    /// <summary>How often the old system's documents are looked for after the first time. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "1.00:00:00")]
    public TimeSpan AdoptEvery { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The old system's lease: an older <c>processing</c> document without a lease of its own has lost its holder. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00")]
    public TimeSpan LegacyLease { get; set; } = TimeSpan.FromSeconds(60);
}
