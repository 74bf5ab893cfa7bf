using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Accounts.Ownership;

/// <summary>Section <c>Ownership</c>: who holds the session of a Baileys account, and for how long.</summary>
public sealed class OwnershipOptions : IValidatableObject
{
    public const string Section = "Ownership";

    /// <summary>How long a lease stands without renewal. Longer: a dead worker's accounts wait longer. Shorter: a slow store costs sessions. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:02:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Safety on both sides of a lease's end: the holder stops earlier, the next one comes later. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:30")]
    public TimeSpan Margin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a lease is renewed, and how often another's is looked at. Default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "00:01:00")]
    public TimeSpan RenewEvery { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How often the loop looks around in memory for what is due. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:30")]
    public TimeSpan LookEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The fleet moves at most one session so often for the sake of balance. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan MoveEvery { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>An account that stays free so long is taken by anybody: whoever should have taken it is gone. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the device of a deleted account may take to connect, so that it can be logged out; then only its keys go. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LogOutPatience { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Sessions that one worker holds at most. Default 100.</summary>
    [Range(1, 1000)]
    public int SessionsMax { get; set; } = 100;

    /// <summary>How long a holder may act on its last renewal.</summary>
    public TimeSpan Trust => Lease - Margin;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RenewEvery * 2 >= Trust)
        {
            yield return new ValidationResult(
                $"{Section}:RenewEvery ({RenewEvery}) must fit twice into Lease - Margin ({Trust}), or one slow renewal costs the session.", [nameof(RenewEvery)]);
        }
    }
}
