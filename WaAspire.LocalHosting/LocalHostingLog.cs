using Microsoft.Extensions.Logging;

namespace WaAspire.LocalHosting;

/// <summary>What the host itself says. Ids 9000 to 9099; names are contract.</summary>
internal static partial class LocalHostingLog
{
    [LoggerMessage(9000, LogLevel.Information, "{Resource} will be at {Urls}")]
    public static partial void EndpointsAllocated(ILogger logger, string resource, string urls);

    [LoggerMessage(9001, LogLevel.Information, "{Resource} is healthy")]
    public static partial void Healthy(ILogger logger, string resource);

    [LoggerMessage(9002, LogLevel.Warning, "{Replica} ended with exit code {ExitCode}; it is not started again by itself")]
    public static partial void EndedByItself(ILogger logger, string replica, int exitCode);

    [LoggerMessage(9003, LogLevel.Error, "{Replica} did not start: {Reason}")]
    public static partial void FailedToStart(ILogger logger, string replica, string reason);

    [LoggerMessage(9005, LogLevel.Warning, "{Resource} is no longer healthy: {Reason}")]
    public static partial void Unhealthy(ILogger logger, string resource, string reason);

    [LoggerMessage(9004, LogLevel.Information, "Stopping: dependants first, each with {Grace} to finish")]
    public static partial void Stopping(ILogger logger, TimeSpan grace);

    [LoggerMessage(9006, LogLevel.Information, "Login to the dashboard at {Url}")]
    public static partial void DashboardReady(ILogger logger, string url);

    [LoggerMessage(9007, LogLevel.Information, "No dashboard: {Reason}")]
    public static partial void NoDashboard(ILogger logger, string reason);

    [LoggerMessage(9008, LogLevel.Warning, "The dashboard ended with exit code {ExitCode}, everything else goes on: {LastWords}")]
    public static partial void DashboardEnded(ILogger logger, int exitCode, string lastWords);

    [LoggerMessage(9009, LogLevel.Error, "The dashboard asked for {Call} and got no answer")]
    public static partial void DashboardCallFailed(ILogger logger, string call, Exception fault);
}
