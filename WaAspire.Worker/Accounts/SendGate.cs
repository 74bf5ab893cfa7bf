using System.Collections.Concurrent;
using WaAspire.Messaging.Accounts;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Sending;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// Whether an account's lanes may be taken and sent from, asked before every send at the cost of nothing. While an
/// account waits for its provider, one lane at a time gets through to try: the one that uses the permit.
/// </summary>
public sealed class SendGate(AccountDirectory accounts, OwnedAccounts owned, IEnumerable<IProvider> providers)
{
    private readonly HashSet<string> _providers = [.. providers.Select(provider => provider.Name)];
    private readonly ConcurrentDictionary<string, bool> _permits = new(StringComparer.Ordinal);

    public bool MaySend(string accountId) => accounts.Find(accountId) is { } account && Serves(account) && accounts.MaySend(account);

    /// <summary>Whether it is worth taking a lane of this account.</summary>
    public bool MayTake(string accountId) => MaySend(accountId) || (_permits.ContainsKey(accountId) && Waits(accountId));

    /// <summary>Lets one visit through; uses up the permit if that is what lets it.</summary>
    public bool TryPass(string accountId, out Account account)
    {
        account = accounts.Find(accountId)!;
        return MaySend(accountId) || (Waits(accountId) && _permits.TryRemove(accountId, out _));
    }

    /// <summary>The next lane of this account that comes by tries whether its provider is back.</summary>
    public void AllowProbe(string accountId) => _permits[accountId] = true;

    private bool Waits(string accountId) => accounts.Find(accountId) is { WaitsForProvider: true } account && Serves(account);

    /// <summary>
    /// Its lanes are another worker's to take, or it is not known here yet: leaving them alone is no word on whether they may be
    /// sent from, and a worker that knows better must not wait for this one.
    /// </summary>
    public bool IsElsewhere(string accountId) => accounts.Find(accountId) is not { } account || owned.IsElsewhere(account);

    private bool Serves(Account account) =>
        _providers.Contains(account.Provider) && (account.Provider == AccountFields.CloudApi || owned.MaySend(account.Id));
}
