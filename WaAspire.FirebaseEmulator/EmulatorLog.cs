namespace WaAspire.FirebaseEmulator;

/// <summary>Every log message of the emulator, ids from 5000. Document names never appear: they hold phone numbers.</summary>
internal static partial class EmulatorLog
{
    [LoggerMessage(5001, LogLevel.Information, "A call whose reply was lost on purpose was refused with {Status}")]
    public static partial void LostCallRefused(this ILogger log, string status);

    [LoggerMessage(5002, LogLevel.Information, "Seeded project {Project} with {Documents} documents and {Users} users")]
    public static partial void Seeded(this ILogger log, string project, int documents, int users);

    [LoggerMessage(5003, LogLevel.Warning, "No Firestore:IndexesFile is configured: queries that automatic indexes do not serve are refused")]
    public static partial void NoIndexesFile(this ILogger log);

    [LoggerMessage(5004, LogLevel.Warning, "The index check is off: queries that production would refuse are answered")]
    public static partial void NoIndexCheck(this ILogger log);

    [LoggerMessage(5005, LogLevel.Information, "The data directory held {Documents} documents and {Users} users")]
    public static partial void Restored(this ILogger log, int documents, int users);

    [LoggerMessage(5006, LogLevel.Critical, "The data directory cannot be written; the emulator ends, having acknowledged nothing that is lost")]
    public static partial void JournalBroken(this ILogger log, Exception reason);
}
