using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Worker.Gateway;
using WaAspire.Worker.Pacing;
using WaAspire.Worker.Sessions;

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
    SessionStore sessions,
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
    private const int LeasesPerLook = 100;
    private readonly OwnershipOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, Watched> _watched = new(StringComparer.Ordinal);
    private readonly WakeUp _nudge = new();
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Something changed about this account: its lease is looked at again at once.</summary>
    public void Nudge(string accountId)
    {
        if (_watched.TryGetValue(accountId, out var watched))
        {
            watched.LookAt = 0;
        }

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
                await (gateway.IsReady ? TakeAsync(cancellationToken) : Task.CompletedTask);
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

    /// <summary>Also to be logged out: whoever deletes an account may find nobody who holds it.</summary>
    private static bool Wants(Account? account) => account is { WantsSession: true } or { WantsLogOut: true };

    private bool IsDone(OwnedAccount held) => accounts.Find(held.AccountId) is var account && (!Wants(account) || (account!.WantsLogOut && leaving.MayGo(held)));

    private bool IsToBeRenewed(OwnedAccount held) => time.GetElapsedTime(held.Term.Started) >= _options.RenewEvery;

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(owned.All.Where(IsToBeRenewed).Select(held => RenewAsync(held, cancellationToken)));
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

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        var wanted = accounts.All.Where(account => Wants(account) && owned.Find(account.Id) is null).Select(account => account.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var forgotten in _watched.Keys.Where(id => !wanted.Contains(id)))
        {
            _watched.TryRemove(forgotten, out _);
        }

        var due = wanted.Where(id => _watched.GetOrAdd(id, _ => new Watched()).LookAt <= time.GetTimestamp()).Take(LeasesPerLook).ToList();
        if (due.Count == 0)
        {
            return;
        }

        var (read, readTime) = await leases.ReadAsync(due, cancellationToken);
        foreach (var lease in read)
        {
            await ConsiderAsync(lease, readTime, cancellationToken);
            if (owned.All.Any(IsToBeRenewed))
            {
                // In a slow store each lease takes long, and those that are held must not run out over it: the next turn goes on.
                return;
            }
        }
    }

    private async Task ConsiderAsync(AccountLease lease, DateTimeOffset readTime, CancellationToken cancellationToken)
    {
        var watched = _watched.GetOrAdd(lease.AccountId, _ => new Watched());
        var freeFor = watched.FreeSince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero;
        var wish = instances.HolderOf(lease.AccountId, lease.Former == self.Id ? null : lease.Former);
        var decision = OwnershipDecision.For(lease, readTime, self.Id, wish, freeFor, _options);
        watched.FreeSince = decision.IsFree ? watched.FreeSince ?? time.GetTimestamp() : null;
        watched.LookAt = time.GetTimestamp() + (long)(decision.LookIn.TotalSeconds * time.TimestampFrequency);
        cancellationToken.ThrowIfCancellationRequested();
        if (decision.Take && owned.All.Count < _options.SessionsMax)
        {
            await HoldAsync(lease, wish);
        }
    }

    /// <summary>Whole or not at all, also when the worker is told to stop meanwhile: a lease that is taken and not held, no drain would give back.</summary>
    private async Task HoldAsync(AccountLease lease, string? wish)
    {
        if (await leases.TakeAsync(lease, CancellationToken.None) is not { } term)
        {
            return;
        }

        // A heartbeat may look young for a minute after a death: what was just taken must not be given back to the dead.
        foreach (var silent in new[] { lease.Former, wish }.OfType<string>().Where(instance => instance != self.Id))
        {
            instances.Doubt(silent);
        }

        // What the former owner found out since this worker read the account decides whether its session may be opened.
        await accounts.ReadAsync(lease.AccountId, CancellationToken.None);

        // The first act of the new owner. Without it there is no session, and the lease runs out.
        if (await sessions.TouchAsync(lease.AccountId, term.Epoch, CancellationToken.None) is { } fence)
        {
            owned.Add(new OwnedAccount(term, fence));
            _watched.TryRemove(lease.AccountId, out _);
            logger.SessionTaken(lease.AccountId, term.Epoch);
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

    private sealed class Watched
    {
        /// <summary>Monotonic timestamp.</summary>
        public long LookAt { get; set; }

        public long? FreeSince { get; set; }
    }
}
