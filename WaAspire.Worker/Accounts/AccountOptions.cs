using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Accounts;

/// <summary>Section <c>Accounts</c>.</summary>
public sealed class AccountOptions
{
    public const string Section = "Accounts";

    /// <summary><c>ACCOUNT_NAMESPACE</c>: part of a new account's id. Those of other namespaces are found all the same. Default prod.</summary>
    [RegularExpression("^[a-z0-9]{1,20}$")]
    public string Namespace { get; set; } = "prod";

    /// <summary>Accounts that are not deleted; one more is refused. Default 30.</summary>
    [Range(1, 1000)]
    public int AccountsMax { get; set; } = 30;

    /// <summary>
    /// How long a wish for a code, or for an account's history, counts as being carried out, so that asking again changes nothing.
    /// Shorter: impatient people disturb a pairing; longer: a wish that an owner lost is repeated later. Default 60 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan WishFreshFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often all accounts are read again. Longer: a change made without a signal is seen later. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan RefreshEvery { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How soon an account that has work and is not known here is looked up again; each time it is not there, twice as long after, up to <see cref="RefreshEvery"/>. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan UnknownRecheck { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an instance writes its heartbeat, and, while Redis is away, reads the others'. Default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan HeartbeatEvery { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How often the others' heartbeats are read while Redis is there: only its absence needs them at once, and each read
    /// bills as many documents as instances live. Default 60 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan InstancesEvery { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>An instance whose last heartbeat is older counts as gone. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.300", "00:30:00")]
    public TimeSpan HeartbeatExpiry { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often accounts that do not send are looked at, in memory: a probe may come this much late. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PausedRecheck { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>When a worker tidies away an ended pause that another one should have tidied. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan TidyAfter { get; set; } = TimeSpan.FromSeconds(30);
}
