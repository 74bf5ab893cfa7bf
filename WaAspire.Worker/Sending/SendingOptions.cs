using System.ComponentModel.DataAnnotations;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Sending;

/// <summary>Section <c>Sending</c>. The defaults are the contract's: a lease of 60 s, 5 attempts, backoff from 1 s to 60 s.</summary>
public sealed class SendingOptions : IValidatableObject
{
    public const string Section = "Sending";

    /// <summary>How long a claim stands. Longer: an orphan waits longer for its rescue. Shorter: less time between claim and send. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Safety on both sides of a lease's end: the holder stops earlier, the rescuer comes later. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan Margin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one call to the provider may take; past it the outcome is unknown. Default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a shutdown waits for what is in flight. Default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>A worker that could not store an acceptance for this long claims nothing more. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan UnrecordedAcceptanceLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an idle worker waits for a signal before it looks by itself. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>When a lane whose head another worker holds is looked at again, should no signal come. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan LostClaimRest { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>When a lane whose head is in doubt, or waits for long, is looked at again, should the unblock get lost. A few reads each time. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan DoubtRecheck { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>What becomes of a message in doubt when no proof comes; <c>accounts/{id}.onUnknownOutcome</c> wins. Default Hold.</summary>
    public UnknownOutcomePolicy OnUnknownOutcome { get; set; } = UnknownOutcomePolicy.Hold;

    /// <summary>How long a doubt must last before a policy may end it without proof: longer than any request lives at the provider. Default 120 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan QuietPeriod { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>A backlog that has waited longer than this when its account comes back asks an operator instead of going out. Default 0: off.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan StaleAfter { get; set; } = TimeSpan.Zero;

    /// <summary>First step of the backoff. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan RetryBase { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest step of the backoff. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan RetryCap { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Attempts before a message becomes a dead letter. Default 5.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>What the error table's waits are multiplied with. Less than 1 is for tests: the provider asked for the whole. Default 1.</summary>
    [Range(0.000001, 100)]
    public double TableDelayFactor { get; set; } = 1;

    /// <summary>Lanes that one worker sends at the same time. Default 64.</summary>
    [Range(1, 10_000)]
    public int MaxLanes { get; set; } = 64;

    /// <summary>Lanes taken in one call: small, so that idle workers get their share of a burst. Default 8.</summary>
    [Range(1, 1000)]
    public int LanesPerAcquire { get; set; } = 8;

    /// <summary>Head queries on their way at once; lanes that ask meanwhile share the next one. Default 4.</summary>
    [Range(1, 64)]
    public int HeadQueriesInFlight { get; set; } = 4;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Lease <= SendTimeout + Margin)
        {
            yield return new ValidationResult(
                $"{Section}:Lease ({Lease}) must be longer than SendTimeout + Margin ({SendTimeout + Margin}), or no claim could ever be sent.", [nameof(Lease)]);
        }

        if (QuietPeriod <= SendTimeout)
        {
            yield return new ValidationResult(
                $"{Section}:QuietPeriod ({QuietPeriod}) must be longer than SendTimeout ({SendTimeout}): a request may live that long.", [nameof(QuietPeriod)]);
        }

        if (RetryCap < RetryBase)
        {
            yield return new ValidationResult($"{Section}:RetryCap must not be shorter than RetryBase.", [nameof(RetryCap)]);
        }
    }
}
