using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts;

/// <summary>What sending needs to know of <c>accounts/{id}</c>.</summary>
/// <param name="Id">The account's id.</param>
/// <param name="Provider"><c>cloud_api</c>, or <c>baileys</c> where the field is absent.</param>
/// <param name="Status">The stored word; only <c>connected</c> sends.</param>
/// <param name="PhoneNumberId">Cloud API only.</param>
/// <param name="IsPaused">Whether <c>sendPaused</c> holds it back.</param>
public sealed record Account(string Id, string Provider, string? Status, string? PhoneNumberId, bool IsPaused)
{
    public bool MaySend => Status == "connected" && !IsPaused;

    public static Account Read(StoredDocument stored) => new(
        stored.Id,
        stored.Fields.Text("provider") ?? "baileys",
        stored.Fields.Text("status"),
        stored.Fields.Text("phoneNumberId"),
        stored.Fields.Map("sendPaused") is not null);
}
