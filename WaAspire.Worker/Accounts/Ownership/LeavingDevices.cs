using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Gateway;
using WaAspire.Worker.Sessions;

namespace WaAspire.Worker.Accounts.Ownership;

/// <summary>
/// Takes the device of a deleted or replaced account off the phone, and its keys out of the store. Enters: an account that this
/// worker holds for the purpose, or held when it was deleted. If we die half way, the wish is still there for the next owner.
/// </summary>
public sealed class LeavingDevices(
    IFirestore firestore, AccountDirectory accounts, SessionStore sessions, ISessionGateway gateway, IOptions<OwnershipOptions> options, ServerClock clock, TimeProvider time)
{
    private const string Purpose = "account-logout";

    /// <summary>Only an open socket can say goodbye. Where none will come, or none does, the keys go without it.</summary>
    public bool MayGo(OwnedAccount held) =>
        held.IsConnected || held.IsWithoutSocket
        || accounts.Find(held.AccountId)?.MayOpenSession(clock.Now) == false
        || time.GetElapsedTime(held.LeaveWantedAt ??= time.GetTimestamp()) >= options.Value.LogOutPatience;

    /// <returns>False: nobody confirmed that the socket has ended.</returns>
    /// <exception cref="FirestoreException">The store is out: it is done again.</exception>
    public async Task<bool> LogOutAsync(OwnedAccount held, CancellationToken cancellationToken)
    {
        var ended = await gateway.LogOutAsync(held, cancellationToken);

        // A gateway that gives no answer may have told nobody, and without the keys no later owner could.
        if (ended && accounts.Find(held.AccountId) is { WantsLogOut: true })
        {
            await sessions.ClearAsync(held.Session, cancellationToken);
            await firestore.CommitAsync(
                [DocumentWrite.Update(FirestorePaths.Account(held.AccountId), Precondition.Present, [], [AccountFields.LogOutWanted])], Purpose, cancellationToken);
            await accounts.ReadAsync(held.AccountId, cancellationToken);
        }

        return ended;
    }
}
