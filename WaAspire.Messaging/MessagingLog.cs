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

    [LoggerMessage(2202, LogLevel.Warning, "{Count} updates were set aside in inboundRejected: {Reason}")]
    public static partial void UpdatesSetAside(this ILogger logger, int count, string reason);
}
