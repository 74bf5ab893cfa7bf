namespace WaAspire.Proxy;

/// <summary>The proxy's log messages, 1000s. Names and numbers are contract: operators search for them. Gaps are kept.</summary>
internal static partial class ProxyLog
{
    [LoggerMessage(1001, LogLevel.Error, "A request failed for a reason that nobody expected")]
    public static partial void RequestFailed(this ILogger logger, Exception exception);

    [LoggerMessage(1002, LogLevel.Warning, "Firestore gave no answer: {Status}")]
    public static partial void StoreUnreachable(this ILogger logger, string status);

    [LoggerMessage(1003, LogLevel.Warning, "The keys that ID tokens are signed with could not be fetched: {Reason}")]
    public static partial void KeysUnreachable(this ILogger logger, string reason);

    [LoggerMessage(1004, LogLevel.Warning, "{Count} lanes were not signalled; the sweep finds them")]
    public static partial void LanesNotSignalled(this ILogger logger, int count);

    [LoggerMessage(1006, LogLevel.Error, "Webhooks cannot be taken: {Setting} is not configured")]
    public static partial void SettingMissing(this ILogger logger, string setting);

    [LoggerMessage(1010, LogLevel.Warning, "The worker did not take a file: {Reason}")]
    public static partial void WorkerUnreachable(this ILogger logger, string reason);

    [LoggerMessage(1011, LogLevel.Warning, "The worker gave no answer about accounts: {Error}")]
    public static partial void WorkerUnanswered(this ILogger logger, string error);

    [LoggerMessage(1007, LogLevel.Warning, "The end of an operator's deed is not in its audit entry {Entry}")]
    public static partial void AuditIncomplete(this ILogger logger, string entry);
}
