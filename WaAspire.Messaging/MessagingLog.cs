using Microsoft.Extensions.Logging;

namespace WaAspire.Messaging;

/// <summary>Messaging's log messages, 2000s. Names and numbers are contract: operators search for them. Gaps are kept.</summary>
internal static partial class MessagingLog
{
    [LoggerMessage(2101, LogLevel.Warning, "Redis is away: this worker goes on with its own sweep")]
    public static partial void LanesLost(this ILogger logger);

    [LoggerMessage(2102, LogLevel.Information, "Redis is back: the lanes are shared again")]
    public static partial void LanesBack(this ILogger logger);

    [LoggerMessage(2201, LogLevel.Error, "Two provider ids for {RequestId}: WhatsApp accepted it twice")]
    public static partial void SecondProviderId(this ILogger logger, string requestId);

    [LoggerMessage(2203, LogLevel.Error, "What must never be was found of {RequestId}: {Assertion}. It waits for a person")]
    public static partial void AssertionViolated(this ILogger logger, string requestId, string assertion);

    [LoggerMessage(2301, LogLevel.Warning, "Account {AccountId} no longer sends: {Reason}, code {Code}, until {Until}")]
    public static partial void AccountPaused(this ILogger logger, string accountId, string reason, string code, DateTimeOffset? until);

    [LoggerMessage(2302, LogLevel.Information, "Account {AccountId} sends again after {Reason}, by {By}")]
    public static partial void AccountResumed(this ILogger logger, string accountId, string reason, string by);

    [LoggerMessage(2303, LogLevel.Warning, "A template of account {AccountId} is no longer sent, code {Code}")]
    public static partial void TemplatePaused(this ILogger logger, string accountId, string code);

    [LoggerMessage(2305, LogLevel.Warning, "Account {AccountId} came back to {Count} messages, the first too old to go out unasked: it is paused until an operator resumes it")]
    public static partial void BacklogAsks(this ILogger logger, string accountId, long count);

    [LoggerMessage(2304, LogLevel.Error, "WhatsApp reports {Code}, which needs a person: {Title}")]
    public static partial void ReportNeedsAPerson(this ILogger logger, string code, string title);

    [LoggerMessage(2202, LogLevel.Warning, "{Count} updates were set aside in inboundRejected: {Reason}")]
    public static partial void UpdatesSetAside(this ILogger logger, int count, string reason);
}
