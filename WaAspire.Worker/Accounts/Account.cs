using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Accounts;

/// <summary>What sending needs to know of <c>accounts/{id}</c>.</summary>
/// <param name="Id">The account's id.</param>
/// <param name="Provider"><c>cloud_api</c>, or <c>baileys</c> where the field is absent.</param>
/// <param name="Status">The stored word; only <c>connected</c> sends.</param>
/// <param name="PhoneNumberId">Cloud API only.</param>
/// <param name="IsPaused">Whether <c>sendPaused</c> is there; <see cref="Pause"/> says until when it holds.</param>
/// <param name="PerSecond">Messages a second that the number may send; null for the default.</param>
public sealed record Account(string Id, string Provider, string? Status, string? PhoneNumberId, bool IsPaused, int? PerSecond = null)
{
    public const string Baileys = "baileys";
    private const string Connected = AccountFields.Connected;
    private const int GapMillisecondsMax = 24 * 60 * 60 * 1000;

    public SendPause? Pause { get; init; }

    /// <summary>While it may begin no new conversations.</summary>
    public SendPause? NewContacts { get; init; }

    /// <summary>Baileys only, as the next two; null for the default.</summary>
    public TimeSpan? SendGap { get; init; }

    public TimeSpan? SendGapJitter { get; init; }

    public int? DailyCap { get; init; }

    /// <summary>What becomes of its doubts; null for the default.</summary>
    public UnknownOutcomePolicy? OnUnknownOutcome { get; init; }

    /// <summary>Baileys only: the request for a code that still wants one, whether or not an owner has carried it out.</summary>
    public PairRequest? WantedPairRequest { get; init; }

    /// <summary>Cloud API only: which of its own access tokens; null for the configured one.</summary>
    public string? AccessTokenId { get; init; }

    /// <summary>Baileys only: a person wants no socket for now.</summary>
    public bool IsStopped { get; init; }

    /// <summary>Baileys only: another account has come in its place.</summary>
    public bool IsReplaced { get; init; }

    /// <summary>Baileys only: it was deleted or replaced, and nobody has taken its device off the phone yet.</summary>
    public bool WantsLogOut { get; init; }

    /// <summary>Baileys only: somebody asked for older messages, and its owner has not yet.</summary>
    public HistoryRequest? OpenHistoryRequest { get; init; }

    /// <summary>Baileys only: what the phone hands over of its past at a pairing is stored.</summary>
    public bool SyncsHistory { get; init; }

    /// <summary>Baileys only: its session ended in a way that it must not come back from by itself; null while it may.</summary>
    public SessionStop? Stop { get; init; }

    /// <summary>How often its connection had to be made anew.</summary>
    public long ReconnectCount { get; init; }

    /// <summary>When an operator was last asked about a backlog that had grown old.</summary>
    public DateTimeOffset? StaleAskedAt { get; init; }

    /// <summary>When its session was opened last, as the worker that held it wrote.</summary>
    public DateTimeOffset? LastConnectedAt { get; init; }

    /// <summary>When the document that this was read from was last written.</summary>
    public DateTimeOffset? UpdateTime { get; init; }

    /// <summary>When this process saw it come back, by the server's clock, or what is stored of the last time; null while neither is known.</summary>
    public DateTimeOffset? ReturnedAt { get; init; }

    /// <summary>Templates that must not be sent: key and the code that said so.</summary>
    public IReadOnlyDictionary<string, string> PausedTemplates { get; init; } = new Dictionary<string, string>();

    /// <summary>Baileys only: its socket is open and hears nothing, as its gateway has told.</summary>
    public bool IsDeaf { get; init; }

    public bool IsConnected => Status == Connected;

    /// <summary>Somebody should hold a session for it. A deleted account has none, whatever else its document says.</summary>
    public bool WantsSession => Provider != AccountFields.CloudApi && Status != AccountFields.Deleted && !IsStopped && !IsReplaced;

    /// <summary>Somebody must hold it: for its session, or to be logged out, because whoever deletes an account may find nobody who holds it.</summary>
    public bool WantsOwner => WantsSession || WantsLogOut;

    /// <summary>It would send, if the provider were back.</summary>
    public bool WaitsForProvider => IsConnected && Pause is { IsProviderDown: true, Until: null };

    /// <summary>
    /// Whether its owner may connect its session now: what waits for a person waits through every change of owner, and a person
    /// who waits for a code does so too, though a session without keys says before it shows one that it needs a person.
    /// </summary>
    public bool MayOpenSession(DateTimeOffset now) => Stop is null || Stop.Until <= now || WantedPairRequest is not null;

    /// <summary>A pause whose time has passed holds nobody back, whether or not it has been tidied away yet.</summary>
    public bool MaySendAt(DateTimeOffset now) => IsConnected && !IsPausedAt(now);

    public bool IsPausedAt(DateTimeOffset now) => IsPaused && (Pause is null || Pause.HoldsAt(now));

    public static Account Read(StoredDocument stored)
    {
        var fields = stored.Fields;
        var pause = fields.Map(AccountFields.SendPaused);
        return new Account(
            stored.Id,
            fields.Text(AccountFields.Provider) ?? Baileys,
            fields.Text(AccountFields.Status),
            fields.Text(AccountFields.PhoneNumberId),
            pause is not null,
            Number(fields, AccountFields.ThroughputPerSecond, 1, int.MaxValue))
        {
            Pause = pause is null ? null : SendPause.Read(pause),
            NewContacts = fields.Map(AccountFields.NewContactsPaused) is { } newContacts ? SendPause.Read(newContacts) : null,
            SendGap = Milliseconds(fields, AccountFields.SendGapMs),
            SendGapJitter = Milliseconds(fields, AccountFields.SendGapJitterMs),
            DailyCap = Number(fields, AccountFields.DailyCap, 1, int.MaxValue),
            OnUnknownOutcome = UnknownOutcomePolicyNames.Parse(fields.Text("onUnknownOutcome")),
            WantedPairRequest = PairRequest.Wanted(fields),
            AccessTokenId = fields.Text(AccountFields.AccessTokenId),
            IsStopped = fields.Boolean(AccountFields.SessionStopped) == true,
            IsReplaced = fields.Text(AccountFields.ReplacedBy) is not null,
            WantsLogOut = fields.Boolean(AccountFields.LogOutWanted) == true && fields.Text(AccountFields.Provider) != AccountFields.CloudApi
                && (fields.Text(AccountFields.Status) == AccountFields.Deleted || fields.Text(AccountFields.ReplacedBy) is not null),
            OpenHistoryRequest = HistoryRequest.Read(fields),
            SyncsHistory = fields.Boolean(AccountFields.SyncHistory) == true,
            Stop = SessionStop.Read(fields),
            ReconnectCount = fields.Integer(AccountFields.ReconnectCount) ?? 0,
            StaleAskedAt = fields.Timestamp(AccountFields.StaleAskedAt),
            LastConnectedAt = fields.Timestamp(AccountFields.LastConnectedAt),
            UpdateTime = stored.UpdateTime,
            PausedTemplates = (fields.Map(AccountFields.PausedTemplates) ?? []).ToDictionary(
                template => template.Key, template => template.Value.AsMap?.Text("code") ?? "unknown", StringComparer.Ordinal),
            IsDeaf = fields.Boolean("degraded") ?? false,
        };
    }

    /// <summary>The code for which this message's template must not be sent; null when it may be.</summary>
    public string? PausedTemplateOf(OutboxDocument message) =>
        PausedTemplates.Count > 0 && TemplateName.Of(message.Payload) is { } template ? PausedTemplates.GetValueOrDefault(template.Key) : null;

    /// <summary>What is remembered from the last reading: whether it has come back, and when.</summary>
    public Account After(Account? before, DateTimeOffset now) => before switch
    {
        // It came back while nobody of us looked.
        null => this with { ReturnedAt = ReturnedAt ?? LastConnectedAt },

        // A reading that took long must not bring back what a faster one has seen end: a paused account would send.
        _ when before.UpdateTime > UpdateTime => before,

        // Another worker saw it first and has asked already: that was the same return.
        { Status: not Connected } when Status == Connected => this with { ReturnedAt = StaleAskedAt != before.StaleAskedAt ? StaleAskedAt : now },
        _ => this with { ReturnedAt = before.ReturnedAt },
    };

    private static TimeSpan? Milliseconds(DocumentFields fields, string field) =>
        Number(fields, field, 0, GapMillisecondsMax) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    /// <summary>A number that makes no sense counts as absent.</summary>
    private static int? Number(DocumentFields fields, string field, int least, int most) =>
        fields.Integer(field) is { } number && number >= least && number <= most ? (int)number : null;
}
