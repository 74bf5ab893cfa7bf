using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>
/// Notes all the while who holds which session, so that it is known whose accounts went down with a worker. A look that the
/// store does not answer changes nothing: without the store no session changes hands.
/// </summary>
internal sealed class SessionWatch(ChaosSystem system, LinkedAccounts linked)
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(250);
    private readonly Lock _gate = new();
    private readonly List<SeenOwner> _seen = [];

    public async Task RunAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested && linked.Companies.Count > 0)
        {
            await LookAsync();
            await linked.FollowAsync();
            await Task.Delay(_look, TimeProvider.System, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The owner that was seen last; null: nobody.</summary>
    public string? OwnerOf(string accountId)
    {
        lock (_gate)
        {
            return _seen.LastOrDefault(seen => seen.AccountId == accountId)?.Instance;
        }
    }

    /// <summary>How long the accounts were away that each of these took down.</summary>
    public async Task<IReadOnlyList<Absence>> AbsencesAsync(IEnumerable<SessionsEnd> ends)
    {
        if (system.Sockets is not { } sockets)
        {
            return [];
        }

        var comings = await sockets.ComingsAsync();
        lock (_gate)
        {
            return [.. ends.Select(end => Absence.Of(end, linked.Phones, _seen, comings))];
        }
    }

    /// <summary>The phones of the accounts that a kill -9 of a worker or a gateway took down, and when.</summary>
    public IReadOnlyList<(string Phone, DateTimeOffset At)> KilledWith(IEnumerable<SessionsEnd> ends)
    {
        lock (_gate)
        {
            return
            [
                .. from end in ends
                   where end.IsKill
                   from account in linked.Phones
                   where _seen.LastOrDefault(seen => seen.AccountId == account.Key && seen.At <= end.At)?.Instance?.StartsWith(end.Instance, StringComparison.Ordinal) is true
                   select (account.Value, end.At),
            ];
        }
    }

    private async Task LookAsync()
    {
        try
        {
            var read = await system.Firestore.GetAsync([.. linked.Phones.Keys.Select(FirestorePaths.AccountLease)], "test", CancellationToken.None);
            foreach (var accountId in linked.Phones.Keys)
            {
                Note(accountId, read.Find(FirestorePaths.AccountLease(accountId))?.Fields.Text("owner"));
            }
        }
        catch (FirestoreException)
        {
            // The store is one of the things that are not well.
        }
    }

    private void Note(string accountId, string? owner)
    {
        if (OwnerOf(accountId) != owner)
        {
            lock (_gate)
            {
                _seen.Add(new SeenOwner(accountId, owner, TimeProvider.System.GetUtcNow()));
            }
        }
    }
}
