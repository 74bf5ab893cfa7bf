using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Worker.Sessions;

namespace WaAspire.Worker.Accounts.Ownership;

/// <summary>
/// The accounts that want an owner and are not this worker's: each one's lease is looked at when it may have become free, and
/// taken where this worker should have it. Lease first, then the session's fence. If we die in between, the lease runs out.
/// </summary>
public sealed class FreeAccounts(
    AccountDirectory accounts,
    InstanceDirectory instances,
    OwnedAccounts owned,
    LeaseStore leases,
    SessionStore sessions,
    WorkerIdentity self,
    IOptions<OwnershipOptions> options,
    TimeProvider time,
    ILogger<FreeAccounts> logger)
{
    private const int LeasesPerLook = 100;
    private readonly OwnershipOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, Watched> _watched = new(StringComparer.Ordinal);

    /// <summary>Something changed about this account: its lease is looked at in the next turn.</summary>
    public void Nudge(string accountId)
    {
        if (_watched.TryGetValue(accountId, out var watched))
        {
            watched.LookAt = 0;
        }
    }

    /// <summary>Those that are due for a look: what is this worker's to take, it takes.</summary>
    /// <exception cref="FirestoreException">The store is out: the next turn goes on.</exception>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        var wanted = accounts.All.Where(account => account.WantsOwner && owned.Find(account.Id) is null).Select(account => account.Id).ToHashSet(StringComparer.Ordinal);
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
            if (owned.All.Any(owned.IsToBeRenewed))
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

    private sealed class Watched
    {
        /// <summary>Monotonic timestamp.</summary>
        public long LookAt { get; set; }

        public long? FreeSince { get; set; }
    }
}
