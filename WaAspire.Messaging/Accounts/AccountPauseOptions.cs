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

    /// <summary>Paused templates that one account remembers; the oldest makes room. Default 100.</summary>
    [Range(1, 1000)]
    public int TemplatesMax { get; set; } = 100;
}
