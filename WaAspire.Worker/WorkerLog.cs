using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker;

/// <summary>The worker's log messages, 3000s. Names and numbers are contract: operators search for them. Gaps are kept.</summary>
internal static partial class WorkerLog
{
    [LoggerMessage(3001, LogLevel.Warning, "Firestore gave no answer to {Purpose}: {Reason}")]
    public static partial void StoreUnreachable(this ILogger logger, string purpose, string reason);

    [LoggerMessage(3002, LogLevel.Warning, "The outcome of {RequestId} is not stored yet, attempt {Attempt}")]
    public static partial void OutcomeNotStored(this ILogger logger, string requestId, int attempt);

    [LoggerMessage(3003, LogLevel.Error, "WhatsApp accepted {RequestId} twice: two provider ids for one message")]
    public static partial void DuplicateAccepted(this ILogger logger, string requestId);

    [LoggerMessage(3004, LogLevel.Warning, "The outcome of {RequestId} is unknown: {Reason}. It waits for proof")]
    public static partial void OutcomeUncertain(this ILogger logger, string requestId, string reason);

    [LoggerMessage(3005, LogLevel.Warning, "The claim of {RequestId} by {ClaimedBy} has run out. The message waits for proof")]
    public static partial void OrphanRescued(this ILogger logger, string requestId, string? claimedBy);

    [LoggerMessage(3006, LogLevel.Warning, "The drain deadline ended {Lanes} lanes that were still sending")]
    public static partial void DrainDeadline(this ILogger logger, int lanes);

    [LoggerMessage(3007, LogLevel.Warning, "Lane {Lane} was interrupted by the drain deadline")]
    public static partial void LaneInterrupted(this ILogger logger, string lane);

    [LoggerMessage(3008, LogLevel.Error, "Lane {Lane} failed; it rests and is tried again")]
    public static partial void LaneFailed(this ILogger logger, string lane, Exception exception);

    [LoggerMessage(3009, LogLevel.Debug, "Lane {Lane} could not be given back; it comes free by itself")]
    public static partial void LaneNotReleased(this ILogger logger, string lane);

    [LoggerMessage(3010, LogLevel.Warning, "{Count} documents of the old system name no account or no lawful recipient and wait for a person")]
    public static partial void NotAdoptable(this ILogger logger, int count);

    [LoggerMessage(3012, LogLevel.Error, "The loop {Loop} met something that it does not know, and goes on")]
    public static partial void LoopFailed(this ILogger logger, string loop, Exception exception);

    [LoggerMessage(3013, LogLevel.Error, "The outcome of {RequestId} is refused for good by Firestore: the message stays in doubt")]
    public static partial void OutcomeRefused(this ILogger logger, string requestId);

    [LoggerMessage(3014, LogLevel.Error, "WhatsApp answers account {AccountId} with {Code}, which needs a person: {Title}")]
    public static partial void NeedsAPerson(this ILogger logger, string accountId, string code, string title);

    [LoggerMessage(3015, LogLevel.Warning, "The pause or resume of account {AccountId} is not stored: {Reason}. The next message meets it again")]
    public static partial void AccountChangeNotStored(this ILogger logger, string accountId, string reason);

    [LoggerMessage(3016, LogLevel.Warning, "Nothing proves the outcome of {RequestId}: the policy {Policy} has ended its doubt")]
    public static partial void DoubtEnded(this ILogger logger, string requestId, UnknownOutcomePolicy policy);

    [LoggerMessage(3201, LogLevel.Warning, "Account {AccountId} is degraded: {Undelivered} of {Accepted} accepted messages are not delivered")]
    public static partial void DeliveryDegraded(this ILogger logger, string accountId, int undelivered, int accepted);

    [LoggerMessage(3301, LogLevel.Information, "This worker holds the session of account {AccountId}, epoch {Epoch}")]
    public static partial void SessionTaken(this ILogger logger, string accountId, long epoch);

    [LoggerMessage(3302, LogLevel.Information, "The session of account {AccountId}, epoch {Epoch}, is given back")]
    public static partial void SessionReleased(this ILogger logger, string accountId, long epoch);

    [LoggerMessage(3303, LogLevel.Warning, "The session of account {AccountId}, epoch {Epoch}, is lost: its lease could not be renewed")]
    public static partial void SessionLost(this ILogger logger, string accountId, long epoch);

    [LoggerMessage(3304, LogLevel.Information, "The session of account {AccountId}, epoch {Epoch}, is {Status}")]
    public static partial void SessionStands(this ILogger logger, string accountId, long epoch, string status);

    [LoggerMessage(3305, LogLevel.Error, "The stored keys of account {AccountId} cannot be read: {Reason}")]
    public static partial void SessionUnreadable(this ILogger logger, string accountId, string reason);

    [LoggerMessage(3310, LogLevel.Error, "The access token of account {AccountId} cannot be read: {Reason}")]
    public static partial void AccessTokenUnreadable(this ILogger logger, string accountId, string reason);

    [LoggerMessage(3306, LogLevel.Warning, "This worker serves no Baileys account: {Missing}")]
    public static partial void GatewayMissing(this ILogger logger, string missing);

    [LoggerMessage(3307, LogLevel.Information, "The gateway listens, process {ProcessId}")]
    public static partial void GatewayListens(this ILogger logger, int processId);

    [LoggerMessage(3308, LogLevel.Warning, "The gateway has ended, {Deaths} in a row; it is started again")]
    public static partial void GatewayEnded(this ILogger logger, int deaths);

    [LoggerMessage(EventId = 3309, Message = "The gateway says {What}: {Line}")]
    public static partial void GatewaySaid(this ILogger logger, LogLevel level, string what, string line);

    [LoggerMessage(3311, LogLevel.Error, "The gateway has answered nothing for {Silence}; it is ended")]
    public static partial void GatewaySilent(this ILogger logger, TimeSpan silence);

    [LoggerMessage(3401, LogLevel.Warning, "Alarm {Alarm}: firing {IsFiring}, at {Value}")]
    public static partial void AlarmChanged(this ILogger logger, string alarm, bool isFiring, double value);

    [LoggerMessage(3402, LogLevel.Warning, "The notice of alarm {Alarm} did not arrive; it is posted again")]
    public static partial void AlarmNotTold(this ILogger logger, string alarm);
}
