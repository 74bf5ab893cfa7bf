namespace WaAspire.Messaging.Accounts;

/// <summary>Field names of <c>accounts/{id}</c> that sending reads or writes.</summary>
public static class AccountFields
{
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

    public const string LastConnectedAt = "lastConnectedAt";
    public const string UpdatedAt = "updatedAt";

    /// <summary>{reason, code, since, until, by, times} while the account must not send; absent otherwise.</summary>
    public const string SendPaused = "sendPaused";

    /// <summary>When an operator was last asked whether an old backlog may go out.</summary>
    public const string StaleAskedAt = "staleAskedAt";

    /// <summary>The last pause that ended: the same, and {resumedAt, resumedBy}.</summary>
    public const string LastPause = "lastPause";

    /// <summary>{"name|language": {code, since}} of templates that must not be sent.</summary>
    public const string PausedTemplates = "pausedTemplates";
}
