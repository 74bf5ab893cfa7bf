using WaAspire.Messaging.Firestore;

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
    public bool MaySend => Status == "connected" && !IsPaused;

    public static Account Read(StoredDocument stored) => new(
        stored.Id,
        stored.Fields.Text("provider") ?? "baileys",
        stored.Fields.Text("status"),
        stored.Fields.Text("phoneNumberId"),
        stored.Fields.Map("sendPaused") is not null,
        stored.Fields.Integer("throughputPerSecond") is { } perSecond and > 0 and < int.MaxValue ? (int)perSecond : null);
}
