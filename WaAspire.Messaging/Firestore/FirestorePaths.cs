namespace WaAspire.Messaging.Firestore;

/// <summary>Every collection of the database, once. Field names live with the document that has them.</summary>
public static class FirestorePaths
{
    public const string AccountLeases = "accountLeases";
    public const string AccountSecrets = "accountSecrets";
    public const string Accounts = "accounts";

    /// <summary>Written with every account that is added: of two who count at once, one counts again.</summary>
    public const string AccountsCounted = "accountsCounted/all";
    public const string Alarms = "alarms";
    public const string Audit = "audit";
    public const string InboundDedupe = "inboundDedupe";
    public const string InboundRejected = "inboundRejected";
    public const string Instances = "instances";
    public const string Intake = "intake";
    public const string Outbox = "outbox";
    public const string Sessions = "wa_sessions";
    public const string StaffProfiles = "staffProfiles";
    public const string Threads = "threads";

    public static string Account(string accountId) => $"{Accounts}/{accountId}";

    /// <summary>Who holds the account's session. Written by lease code only, and never deleted: its epochs only grow.</summary>
    public static string AccountLease(string accountId) => $"{AccountLeases}/{accountId}";

    /// <summary>What no client may ever read, encrypted.</summary>
    public static string AccountSecret(string accountId) => $"{AccountSecrets}/{accountId}";

    public static string Alarm(string name) => $"{Alarms}/{name}";

    public static string AuditEntry(string id) => $"{Audit}/{id}";

    /// <summary>The marker of a message that was received. Provider ids are opaque and may hold slashes.</summary>
    public static string InboundMarker(string accountId, string providerMessageId) =>
        $"{InboundDedupe}/{accountId}__{DocumentId.Escape(providerMessageId)}";

    public static string InboundSetAside(string sha256) => $"{InboundRejected}/{sha256}";

    public static string Instance(string instanceId) => $"{Instances}/{instanceId}";

    public static string IntakeOf(string accountId) => $"{Intake}/{accountId}";

    public static string OutboxMessage(string requestId) => $"{Outbox}/{requestId}";

    /// <summary>The head of a session: whose turn it is to write its keys.</summary>
    public static string Session(string accountId) => $"{Sessions}/{accountId}";

    public static string SessionKeys(string accountId) => $"{Session(accountId)}/sessionKeys";

    public static string SessionKey(string accountId, string id) => $"{SessionKeys(accountId)}/{id}";

    public static string StaffProfile(string uid) => $"{StaffProfiles}/{uid}";

    public static string Thread(string threadId) => $"{Threads}/{threadId}";

    public static string ThreadMessages(string threadId) => $"{Thread(threadId)}/messages";

    public static string ThreadMessage(string threadId, string messageId) => $"{Threads}/{threadId}/messages/{messageId}";
}
