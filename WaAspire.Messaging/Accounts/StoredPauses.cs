using WaAspire.Messaging.Firestore;

namespace WaAspire.Messaging.Accounts;

/// <summary>What an account's document says of its pauses, and the server's time of the reading.</summary>
internal sealed record StoredPauses(StoredDocument? Document, DateTimeOffset Now)
{
    private readonly DocumentFields? _last = Document?.Fields.Map(AccountFields.LastPause);

    public SendPause? Pause => Document?.Fields.Map(AccountFields.SendPaused) is { } stored ? SendPause.Read(stored) : null;

    /// <summary>While the account may begin no conversations.</summary>
    public SendPause? NewContacts => Document?.Fields.Map(AccountFields.NewContactsPaused) is { } stored ? SendPause.Read(stored) : null;

    public DocumentFields Restrictions => Document?.Fields.Map(AccountFields.Restrictions) ?? [];

    public DocumentFields Templates => Document?.Fields.Map(AccountFields.PausedTemplates) ?? [];

    public DateTimeOffset? StaleAskedAt => Document?.Fields.Timestamp(AccountFields.StaleAskedAt);

    public DateTimeOffset? LastResumedAt => _last?.Timestamp("resumedAt");

    public long LastTimes => Pause?.Times ?? _last?.Integer("times") ?? 0;

    /// <summary>Whether the same error has ended, or is about to end, a pause so lately that the next one must be longer.</summary>
    public bool Follows(string code, TimeSpan within) =>
        (Pause is { } pause && pause.Code == code) || (_last?.Text("code") == code && Now - LastResumedAt < within);
}
