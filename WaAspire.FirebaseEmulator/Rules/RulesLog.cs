namespace WaAspire.FirebaseEmulator.Rules;

/// <summary>Log messages of the rules, ids from 5100. Document names never appear: they hold phone numbers.</summary>
internal static partial class RulesLog
{
    [LoggerMessage(5101, LogLevel.Information, "Security rules of {File} apply to requests with a user's token or none")]
    public static partial void RulesInForce(this ILogger log, string file);

    [LoggerMessage(5102, LogLevel.Warning, "No Firestore:RulesFile is configured: every caller may read and write everything")]
    public static partial void NoRulesFile(this ILogger log);

    [LoggerMessage(5103, LogLevel.Information, "Project {Project} has its own security rules now")]
    public static partial void RulesReplaced(this ILogger log, string project);

    [LoggerMessage(5104, LogLevel.Debug, "Refused {Method} by {File}: {Reason}")]
    public static partial void Refused(this ILogger log, string method, string file, string reason);
}
