using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Gateway;

namespace WaAspire.Worker.Accounts.Ownership;

/// <summary>
/// Has the gateway do for each held account what it asks for: open, prolong, show a code. An account whose session waits
/// for a person, or for a ban to end, is held but not opened, whoever holds it. Everything here may be told twice.
/// </summary>
public sealed class SessionKeeper(AccountDirectory accounts, OwnedAccounts owned, ISessionGateway gateway, ServerClock clock, TimeProvider time)
{
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var held = owned.All.Where(held => !held.IsLeaving && owned.TrustLeft(held) > TimeSpan.Zero && (held.IsOpened || MayOpen(held))).ToList();
        await gateway.KeepAsync(held, cancellationToken);

        // All at once, as they are opened: what one waits for must not keep the others' leases from being renewed in time.
        await Task.WhenAll(held.Where(held => held.IsOpened).Select(held => PairAsync(held, cancellationToken)));
    }

    /// <summary>A person asks for a code, once for each request and session, until it is used or has run out.</summary>
    private async Task PairAsync(OwnedAccount held, CancellationToken cancellationToken)
    {
        if (accounts.Find(held.AccountId)?.WantedPairRequest is { } request && request.Id != held.PairRequestDone && await gateway.PairAsync(held, request, cancellationToken))
        {
            held.PairRequestDone = request.Id;
        }
    }

    private bool MayOpen(OwnedAccount held) => time.GetTimestamp() >= held.OpenAfter && accounts.Find(held.AccountId)?.MayOpenSession(clock.Now) != false;
}
