using System.ComponentModel.DataAnnotations;

namespace WaAspire.Proxy.Operations.Live;

/// <summary>Section <c>Live</c>: what open pages may cost.</summary>
internal sealed class LiveOptions
{
    public const string Section = "Live";

    /// <summary>Default 5 s between two looks at the fleet while a page is open, however many are. Shorter: more reads (docs/operations.md has the sum).</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan ReadEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Default 5 min after which a stream ends and the page comes back with its token: whoever was dismissed meanwhile does not.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StreamFor { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Default 50 open pages for each proxy.</summary>
    [Range(1, 10_000)]
    public int ListenersMax { get; set; } = 50;

    /// <summary>Default 10 s after which a page that found no room asks again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(10);
}
