using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// All accounts, in memory: the gate asks it before every send and costs no read. It is refreshed every few minutes, and
/// at once for an account that has work but is not known here.
/// </summary>
public sealed class AccountDirectory(IFirestore firestore, ServerClock clock, IOptions<AccountOptions> options, TimeProvider time)
{
    private const int Limit = 5000;
    private const string Purpose = "accounts";
    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _lookedUp = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> SendingAccountIds => [.. _accounts.Values.Where(account => account.MaySend).Select(account => account.Id)];

    public Account? Find(string accountId) => _accounts.GetValueOrDefault(accountId);

    public bool MaySend(string accountId) => Find(accountId) is { MaySend: true };

    /// <summary>Reads all accounts; an account that is no longer there is forgotten.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var read = await firestore.QueryAsync(new DocumentQuery(FirestorePaths.Accounts) { Limit = Limit }, Purpose, cancellationToken);
        var found = read.Documents.Select(Account.Read).ToDictionary(account => account.Id, StringComparer.Ordinal);
        foreach (var account in found.Values)
        {
            Learn(account);
        }

        foreach (var gone in _accounts.Keys.Where(id => !found.ContainsKey(id)))
        {
            _accounts.TryRemove(gone, out _);
        }

        _lookedUp.Clear();
    }

    /// <summary>Looks up one account that has work and is not known, at most once in a while. True when it is known now.</summary>
    public async Task<bool> LookUpAsync(string accountId, CancellationToken cancellationToken)
    {
        if (Find(accountId) is not null || _lookedUp.Count >= Limit || !IsDue(accountId))
        {
            return Find(accountId) is not null;
        }

        _lookedUp[accountId] = time.GetTimestamp();
        var path = FirestorePaths.Account(accountId);
        if ((await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path) is { } stored)
        {
            Learn(Account.Read(stored));
            return true;
        }

        return false;
    }

    /// <summary>Takes a newer reading of an account.</summary>
    public void Learn(Account account) =>
        _accounts.AddOrUpdate(account.Id, _ => account, (_, before) => account.After(before, clock.Now));

    private bool IsDue(string accountId) =>
        !_lookedUp.TryGetValue(accountId, out var at) || time.GetElapsedTime(at) >= options.Value.UnknownRecheck;
}
