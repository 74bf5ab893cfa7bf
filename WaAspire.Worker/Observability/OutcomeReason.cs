using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Observability;

/// <summary>Why an attempt ended as it did, as a tag: codes and words of ours, never a sentence, so that the set stays small.</summary>
public static class OutcomeReason
{
    private const string None = "none";
    private const string Interrupted = "interrupted";
    private const string NoAnswer = "no_answer";
    private const string NotAnAnswer = "not_an_answer";
    private const string Other = "other";

    /// <summary>Words of ours beside the codes of the error table: from providers, the gateway, policies and operators.</summary>
    private static readonly HashSet<string> _words =
    [
        "recipient", "payload", "expired", "connect", "gateway", "operator", "unknown_outcome", "unknown_template", "not_connected", "template_paused",
        "not_configured", "media", "stale_backlog",
    ];

    public static string Of(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Accepted => None,
        SendOutcome.RetryLater retry => OfFault(retry.Fault),
        SendOutcome.Rejected rejected => OfFault(rejected.Fault),
        SendOutcome.Uncertain uncertain => uncertain.Reason.StartsWith("an answer", StringComparison.Ordinal) ? NotAnAnswer : NoAnswer,
        _ => Interrupted,
    };

    private static string OfFault(SendFault fault) =>
        fault.Code.All(char.IsAsciiDigit) ? AccountMetrics.CodeTag(fault.Code) : _words.Contains(fault.Code) ? fault.Code : Other;
}
