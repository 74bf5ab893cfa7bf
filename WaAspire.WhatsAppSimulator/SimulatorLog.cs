namespace WaAspire.WhatsAppSimulator;

/// <summary>Every log message of the simulator. Numbers, texts and tokens never appear in one.</summary>
internal static partial class SimulatorLog
{
    [LoggerMessage(5001, LogLevel.Warning, "WHATSAPP_ACCESS_TOKEN is not set: any non-empty bearer token is accepted")]
    public static partial void AnyBearerIsAccepted(this ILogger logger);

    [LoggerMessage(5002, LogLevel.Warning, "WHATSAPP_APP_SECRET is not set: webhooks are sent without a signature")]
    public static partial void WebhooksAreUnsigned(this ILogger logger);

    [LoggerMessage(5010, LogLevel.Information, "Webhook receiver is not taking deliveries (status {Status}); retrying")]
    public static partial void ReceiverRefuses(this ILogger logger, int status);

    [LoggerMessage(5011, LogLevel.Information, "Webhook receiver takes deliveries again")]
    public static partial void ReceiverRecovered(this ILogger logger);

    [LoggerMessage(5012, LogLevel.Warning, "Webhook queue is full: {Dropped} updates dropped so far")]
    public static partial void QueueFull(this ILogger logger, long dropped);

    [LoggerMessage(5013, LogLevel.Error, "Webhook loop failed on one round and goes on")]
    public static partial void RoundFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5020, LogLevel.Information, "The socket stand-in does not answer: no account that is paired by QR code is shown until it does")]
    public static partial void SocketsAway(this ILogger logger);
}
