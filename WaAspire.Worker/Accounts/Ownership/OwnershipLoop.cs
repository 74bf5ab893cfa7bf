using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Worker.Gateway;
using WaAspire.Worker.Pacing;

namespace WaAspire.Worker.Accounts.Ownership;

/// <summary>
/// Holds the sessions that this worker should hold. Enters: accounts that want a session, and who lives. Leaves: leases
/// taken, renewed and given back, and a gateway that is told of each. Lease first, then the session's fence, then the
/// socket; the other way round at the end. If we die here, the gateway ends with our pipe, the lease runs out, and the
/// next owner opens the same session from the stored keys. spec/ownership.pml is the model of it.
/// </summary>
public sealed class OwnershipLoop(
    AccountDirectory accounts,
    InstanceDirectory instances,
    OwnedAccounts owned,
    LeaseStore leases,
    FreeAccounts free,
    ISessionGateway gateway,
    SessionKeeper keeper,
    LeavingDevices leaving,
    AccountSignal signal,
    IPacing turns,
    WorkerIdentity self,
    IHostApplicationLifetime lifetime,
    IOptions<OwnershipOptions> options,
    TimeProvider time,
    ILogger<OwnershipLoop> logger)
    : BackgroundService
{
    private const string MoveTurn = "session-moves";
    private readonly OwnershipOptions _options = options.Value;
    private readonly WakeUp _nudge = new();
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Something changed about this account: its lease is looked at again at once.</summary>
    public void Nudge(string accountId)
    {
        free.Nudge(accountId);
        _nudge.Set();
    }

    /// <summary>One turn: renew, give away, take, and tell the gateway. Tests call it instead of the loop.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await RenewAsync(cancellationToken);
            await LetOneGoAsync(cancellationToken);
            if (!lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // While its lanes run empty a worker keeps what it has: what it took now it would give back in a moment.
                await MoveOneAsync(cancellationToken);
                await (gateway.IsReady ? free.TakeAsync(cancellationToken) : Task.CompletedTask);
            }

            await (gateway.IsReady ? keeper.KeepAsync(cancellationToken) : Task.CompletedTask);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Drain: the lanes are empty by now. Sockets first, then the leases, so that the next owner need not wait.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(owned.All.Select(async held =>
        {
            try
            {
                await GiveBackAsync(held, gateway.CloseAsync, cancellationToken);
            }
            catch (Exception exception) when (exception is FirestoreException or OperationCanceledException)
            {
                // The lease runs out by itself; giving it back only saves the next owner the wait.
                logger.StoreUnreachable("account leases", exception.Message);
            }
        }));
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await LoopTurn.RunAsync("account leases", () => LookAsync(stoppingToken), logger, stoppingToken);
            await _nudge.WaitAsync(_options.LookEvery, time, stoppingToken);
        }
    }

    private bool IsDone(OwnedAccount held) => accounts.Find(held.AccountId) is var account && (account is not { WantsOwner: true } || (account.WantsLogOut && leaving.MayGo(held)));

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(owned.All.Where(owned.IsToBeRenewed).Select(held => RenewAsync(held, cancellationToken)));
    }

    private async Task RenewAsync(OwnedAccount held, CancellationToken cancellationToken)
    {
        LeaseTerm? renewed = null;
        try
        {
            renewed = await leases.RenewAsync(held.Term, cancellationToken);
        }
        catch (FirestoreException)
        {
            if (owned.TrustLeft(held) > TimeSpan.Zero)
            {
                // Nobody knows. The trust of the last renewal runs on, and the next turn asks again.
                return;
            }
        }

        if (renewed is not null)
        {
            held.Term = renewed;
            return;
        }

        // Somebody else's, or nobody could say so in time: the socket is closed first, then it is forgotten.
        logger.SessionLost(held.AccountId, held.Term.Epoch);
        held.IsLeaving = true;
        await gateway.CloseAsync(held, cancellationToken);
        owned.Remove(held);
    }

    /// <summary>One that is stopped, deleted or replaced. If that fails it is done again, and keeps no other account from its turn.</summary>
    private async Task LetOneGoAsync(CancellationToken cancellationToken)
    {
        if (owned.All.FirstOrDefault(IsDone) is not { } gone)
        {
            return;
        }

        try
        {
            // Stopped for now keeps its keys; deleted or replaced, the device leaves the phone's list.
            await GiveBackAsync(gone, accounts.Find(gone.AccountId) is { IsStopped: true, IsReplaced: false, Status: not AccountFields.Deleted } ? gateway.CloseAsync : leaving.LogOutAsync, cancellationToken);
        }
        catch (FirestoreException exception)
        {
            logger.StoreUnreachable("a leaving account", exception.Message);
        }
    }

    /// <summary>For balance, one at a time over the whole fleet.</summary>
    private async Task MoveOneAsync(CancellationToken cancellationToken)
    {
        var misplaced = owned.All.FirstOrDefault(held => instances.HolderOf(held.AccountId) is { } wish && wish != self.Id);
        if (misplaced is not null && await turns.TryProbeAsync(MoveTurn, _options.MoveEvery))
        {
            await GiveBackAsync(misplaced, gateway.CloseAsync, cancellationToken);
        }
    }

    private async Task GiveBackAsync(OwnedAccount held, Func<OwnedAccount, CancellationToken, Task<bool>> end, CancellationToken cancellationToken)
    {
        held.IsLeaving = true;
        bool ended;
        try
        {
            ended = await end(held, cancellationToken);
        }
        catch (FirestoreException)
        {
            // It is done again, if it is still wanted then: who adds a deleted account again wants its session back.
            held.IsLeaving = false;
            throw;
        }

        if (!ended)
        {
            // Told to stop meanwhile: the drain ends it once more, and gives it back.
            cancellationToken.ThrowIfCancellationRequested();
        }

        owned.Remove(held);

        // An end that nobody has confirmed is not a clean one: the lock delay lets the socket's own deadline pass. One that is
        // confirmed is told, also when the loop is stopped meanwhile: nobody else would.
        if (ended && await leases.ReleaseAsync(held.Term, CancellationToken.None))
        {
            logger.SessionReleased(held.AccountId, held.Term.Epoch);
            await signal.AnnounceAsync(held.AccountId);
        }
    }
}
