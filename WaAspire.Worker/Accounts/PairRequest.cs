using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts;

/// <summary><c>accounts/{id}.pairRequest</c>: what a person asks the account's owner for.</summary>
/// <param name="Id">Of this request.</param>
/// <param name="Phone">Digits: a code to type instead of one to scan.</param>
/// <param name="Fresh">Whatever keys there are go first.</param>
public sealed record PairRequest(string Id, string? Phone, bool Fresh)
{
    /// <summary>Null when there is none, or when it has been carried out.</summary>
    public static PairRequest? Read(DocumentFields account) => Wanted(account) is { } wanted && wanted.Id != account.Text(AccountFields.PairRequestDone) ? wanted : null;

    /// <summary>
    /// Null when there is none, or when it came to its end. One that was carried out, and whose code nobody has used yet, is still
    /// wanted: its session may have ended, and the next one shows codes again. Its keys have gone already, and newer ones may be there.
    /// </summary>
    public static PairRequest? Wanted(DocumentFields account) =>
        account.Map(AccountFields.PairRequest) is { } request && request.Text("id") is { Length: > 0 } id && id != account.Text(AccountFields.PairRequestEnded)
            ? new PairRequest(id, request.Text("phone"), request.Boolean("fresh") == true && id != account.Text(AccountFields.PairRequestDone))
            : null;
}
