using System.ComponentModel.DataAnnotations;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Messaging.Inbound;

/// <summary>Section <c>Intake</c>: what the intake of statuses leaves behind for the policy of silence.</summary>
public sealed class IntakeOptions
{
    public const string Section = "Intake";

    /// <summary>One name for workers and proxies.</summary>
    public const string PolicyName = "Sending:OnUnknownOutcome";

    /// <summary>At most one write per number in this time, and only for accounts with that policy. Longer: cheaper, and the policy decides later. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan WriteEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an account's policy is remembered. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan PolicyCacheFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The policy of accounts that name none, under the name that workers read it by: <c>Sending:OnUnknownOutcome</c>. Default Hold.</summary>
    public UnknownOutcomePolicy OnUnknownOutcome { get; set; } = UnknownOutcomePolicy.Hold;
}
