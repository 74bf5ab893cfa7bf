using System.ComponentModel.DataAnnotations;

namespace WaAspire.Messaging.Accounts;

/// <summary>Section <c>AccountPauses</c>. The durations themselves are the error table's.</summary>
public sealed class AccountPauseOptions
{
    public const string Section = "AccountPauses";

    /// <summary>What the error table's pauses are multiplied with. Less than 1 is for tests: the provider asked for the whole. Default 1.</summary>
    [Range(0.000001, 100)]
    public double DurationFactor { get; set; } = 1;

    /// <summary>Accounts that one error may pause at once, where they share a business account or an app. Default 1,000.</summary>
    [Range(1, 10_000)]
    public int AccountsAtOnce { get; set; } = 1000;

    /// <summary>How many errors of a kind that a single message may well cause (code 100) one account must meet before a person is told. Default 5.</summary>
    [Range(1, 1000)]
    public int RepeatedErrors { get; set; } = 5;

    /// <summary>Within which time. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RepeatedWithin { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Paused templates that one account remembers; the oldest makes room. Default 100.</summary>
    [Range(1, 1000)]
    public int TemplatesMax { get; set; } = 100;
}
