namespace WaAspire.Messaging.Accounts;

/// <summary>Field names of <c>accounts/{id}</c>.</summary>
public static class AccountFields
{
    /// <summary>Words in <see cref="Status"/> that shipped clients know. Inboxes list exactly the connected ones.</summary>
    public const string Connected = "connected";
    public const string Connecting = "connecting";
    public const string Deleted = "deleted";
    public const string Disconnected = "disconnected";
    public const string NeedsQr = "needs_qr";
    public const string QrReady = "qr_ready";

    public const string AccountId = "accountId";

    /// <summary>Which access token of <c>accountSecrets/{id}</c> is the account's; absent: the configured one.</summary>
    public const string AccessTokenId = "accessTokenId";

    /// <summary>Somebody asks for the account's history, until <see cref="LastBackfillAt"/> is later: the owner answers it.</summary>
    public const string BackfillRequestedAt = "backfillRequestedAt";
    public const string CreatedAt = "createdAt";
    public const string DeletedAt = "deletedAt";
    public const string LastBackfillAt = "lastBackfillAt";
    public const string LastDisconnectCode = "lastDisconnectCode";
    public const string LastDisconnectReason = "lastDisconnectReason";
    public const string LastDisconnectedAt = "lastDisconnectedAt";
    public const string LastError = "lastError";
    public const string Name = "name";
    public const string PairRequestedAt = "pairRequestedAt";
    public const string PairingCode = "pairingCode";
    public const string Phone = "phone";
    public const string PhoneE164 = "phoneE164";
    public const string QrExpiresAt = "qrExpiresAt";

    /// <summary>As it must be drawn.</summary>
    public const string QrText = "qrText";
    public const string QrUpdatedAt = "qrUpdatedAt";

    /// <summary>The account that came in the place of this one: its session ends for good.</summary>
    public const string ReplacedBy = "replacedBy";
    public const string RequiresQr = "requiresQR";

    /// <summary>A person wants no socket for now; the keys are kept.</summary>
    public const string SessionStopped = "sessionStopped";

    /// <summary>The word in <see cref="Provider"/> for Meta's Cloud API; absent is <c>baileys</c>.</summary>
    public const string CloudApi = "cloud_api";

    public const string Provider = "provider";
    public const string Status = "status";
    public const string PhoneNumberId = "phoneNumberId";
    public const string WabaId = "wabaId";
    public const string ThroughputPerSecond = "throughputPerSecond";
    public const string SendGapMs = "sendGapMs";
    public const string SendGapJitterMs = "sendGapJitterMs";
    public const string DailyCap = "dailyCap";

    /// <summary>{id, phone?, fresh?}: somebody asks for a code to pair with, or for a stopped session to be tried again. Each request has an id of its own.</summary>
    public const string PairRequest = "pairRequest";

    /// <summary>The id of the request that the account's owner has carried out last.</summary>
    public const string PairRequestDone = "pairRequestDone";

    /// <summary>The id of the request that came to its end: a code was used, nobody used one in time, or the session stopped. Until then the next owner carries it out again.</summary>
    public const string PairRequestEnded = "pairRequestEnded";

    /// <summary>True: it was deleted or replaced, and its device is still to leave the phone's list, its keys to go.</summary>
    public const string LogOutWanted = "logOutWanted";

    /// <summary>{id, threads, messages}: somebody asks for older messages; and the id of the request that was carried out last.</summary>
    public const string HistoryRequest = "historyRequest";
    public const string HistoryRequestDone = "historyRequestDone";

    /// <summary>True: what a phone hands over of its past at a pairing is stored. Never so by default.</summary>
    public const string SyncHistory = "syncHistory";

    /// <summary>How the session stands, in the gateway's words, with why, and until when if it ends by itself.</summary>
    public const string SessionState = "sessionState";
    public const string SessionReason = "sessionReason";
    public const string SessionUntil = "sessionUntil";

    /// <summary>How often the connection had to be made anew, since the account was added.</summary>
    public const string ReconnectCount = "reconnectCount";

    public const string LastConnectedAt = "lastConnectedAt";
    public const string UpdatedAt = "updatedAt";

    /// <summary>{reason, code, since, until, by, times} while the account must not send; absent otherwise.</summary>
    public const string SendPaused = "sendPaused";

    /// <summary>The same while the account must begin no new conversations; null or absent otherwise. Those that exist go on.</summary>
    public const string NewContactsPaused = "newContactsPaused";

    /// <summary>{name: {active, until, code, detail, at}} of what WhatsApp holds against the account: <c>reachout</c>, <c>new_chats</c>.</summary>
    public const string Restrictions = "restrictions";

    /// <summary>When an operator was last asked whether an old backlog may go out.</summary>
    public const string StaleAskedAt = "staleAskedAt";

    /// <summary>The last pause that ended: the same, and {resumedAt, resumedBy}.</summary>
    public const string LastPause = "lastPause";

    /// <summary>{"name|language": {code, since}} of templates that must not be sent.</summary>
    public const string PausedTemplates = "pausedTemplates";
}
