using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Worker.Accounts;

/// <summary>What sending needs to know of <c>accounts/{id}</c>.</summary>
/// <param name="Id">The account's id.</param>
/// <param name="Provider"><c>cloud_api</c>, or <c>baileys</c> where the field is absent.</param>
/// <param name="Status">The stored word; only <c>connected</c> sends.</param>
/// <param name="PhoneNumberId">Cloud API only.</param>
/// <param name="IsPaused">Whether <c>sendPaused</c> holds it back.</param>
/// <param name="PerSecond">Messages a second that the number may send; null for the default.</param>
public sealed record Account(string Id, string Provider, string? Status, string? PhoneNumberId, bool IsPaused, int? PerSecond = null)
{
    private const string Connected = "connected";
    public const string SendPausedField = "sendPaused";
    public const string StaleAskedAtField = "staleAskedAt";

    /// <summary>What becomes of its doubts; null for the default.</summary>
    public UnknownOutcomePolicy? OnUnknownOutcome { get; init; }

    /// <summary>When an operator was last asked about a backlog that had grown old.</summary>
    public DateTimeOffset? StaleAskedAt { get; init; }

    /// <summary>When this process saw it come back, by the server's clock; null while it has seen no return. Not stored.</summary>
    public DateTimeOffset? ReturnedAt { get; init; }

    public bool MaySend => Status == Connected && !IsPaused;

    public static Account Read(StoredDocument stored) => new(
        stored.Id,
        stored.Fields.Text("provider") ?? "baileys",
        stored.Fields.Text("status"),
        stored.Fields.Text("phoneNumberId"),
        stored.Fields.Map(SendPausedField) is not null,
        stored.Fields.Integer("throughputPerSecond") is { } perSecond and > 0 and < int.MaxValue ? (int)perSecond : null)
    {
        OnUnknownOutcome = UnknownOutcomePolicyNames.Parse(stored.Fields.Text("onUnknownOutcome")),
        StaleAskedAt = stored.Fields.Timestamp(StaleAskedAtField),
    };

    /// <summary>What is remembered from the last reading: whether it has come back, and when.</summary>
    public Account After(Account? before, DateTimeOffset now) => before switch
    {
        null => this,

        // Another worker saw it first and has asked already: that was the same return.
        { Status: not Connected } when Status == Connected => this with { ReturnedAt = StaleAskedAt != before.StaleAskedAt ? StaleAskedAt : now },
        _ => this with { ReturnedAt = before.ReturnedAt },
    };
}
