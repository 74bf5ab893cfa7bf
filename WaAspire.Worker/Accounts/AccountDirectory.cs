using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// All accounts, in memory: the gate asks it before every send and costs no read. It is refreshed every few minutes, and
/// at once for an account that has work but is not known here, or of which a signal says that it changed.
/// </summary>
public sealed class AccountDirectory(IFirestore firestore, ServerClock clock, IOptions<AccountOptions> options, TimeProvider time)
{
    private const int Limit = 5000;
    private const string Purpose = "accounts";
    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Search> _lookedUp = new(StringComparer.Ordinal);

    /// <summary>Sorted, as everything is whose order shows outside: the same history must come out the same in another process.</summary>
    public IReadOnlyCollection<string> SendingAccountIds => [.. _accounts.Values.Where(MaySend).Select(account => account.Id).Order(StringComparer.Ordinal)];

    public IEnumerable<Account> All => _accounts.Values;

    public Account? Find(string accountId) => _accounts.GetValueOrDefault(accountId);

    /// <summary>By the server's time; whoever knows an account has heard that from Firestore, which told the time.</summary>
    public bool MaySend(Account account) => account.IsConnected && (!account.IsPaused || account.MaySendAt(clock.Now));

    /// <summary>In this worker at once, until what is stored is read: other lanes must not run into the same error.</summary>
    public void Hold(string accountId, SendPause pause) => Change(accountId, account => account with { IsPaused = true, Pause = pause });

    /// <summary>The same for new conversations only.</summary>
    public void HoldNewContacts(string accountId, SendPause pause) => Change(accountId, account => account with { NewContacts = pause });

    /// <summary>Its provider is back. A pause that came meanwhile stays.</summary>
    public void LetGo(string accountId) =>
        Change(accountId, account => account.WaitsForProvider ? account with { IsPaused = false, Pause = null } : account);

    /// <summary>Reads one account again. One read.</summary>
    public async Task ReadAsync(string accountId, CancellationToken cancellationToken)
    {
        var path = FirestorePaths.Account(accountId);
        if ((await firestore.GetAsync([path], Purpose, cancellationToken)).Find(path) is { } stored)
        {
            Learn(Account.Read(stored));
        }
        else
        {
            _accounts.TryRemove(accountId, out _);
        }
    }

    /// <summary>Reads all accounts; an account that is no longer there is forgotten.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        // What a signal brings while the query is under way is newer than its answer, and not to be forgotten for it.
        var known = _accounts.Keys;
        var read = await firestore.QueryAsync(new DocumentQuery(FirestorePaths.Accounts) { Limit = Limit }, Purpose, cancellationToken);
        var found = read.Documents.Select(Account.Read).ToDictionary(account => account.Id, StringComparer.Ordinal);
        foreach (var account in found.Values)
        {
            Learn(account);
            _lookedUp.TryRemove(account.Id, out _);
        }

        foreach (var gone in known.Where(id => !found.ContainsKey(id)))
        {
            _accounts.TryRemove(gone, out _);
        }

        if (_lookedUp.Count >= Limit)
        {
            _lookedUp.Clear();
        }
    }

    /// <summary>
    /// Looks up one account that has work and is not known: less and less often, because one that is never there would cost a
    /// read each time, and is found with all others by the next refresh. True when it is known now.
    /// </summary>
    public async Task<bool> LookUpAsync(string accountId, CancellationToken cancellationToken)
    {
        if (Find(accountId) is not null || _lookedUp.Count >= Limit || !IsWorthALook(accountId))
        {
            return Find(accountId) is not null;
        }

        var rest = _lookedUp.TryGetValue(accountId, out var last) ? last.Rest * 2 : options.Value.UnknownRecheck;
        _lookedUp[accountId] = new Search(time.GetTimestamp(), rest < options.Value.RefreshEvery ? rest : options.Value.RefreshEvery);
        await ReadAsync(accountId, cancellationToken);
        return Find(accountId) is not null;
    }

    private void Change(string accountId, Func<Account, Account> change)
    {
        if (Find(accountId) is { } account)
        {
            _accounts.TryUpdate(accountId, change(account), account);
        }
    }

    /// <summary>Takes a reading of an account, unless a newer one is known.</summary>
    public void Learn(Account account) =>
        _accounts.AddOrUpdate(account.Id, _ => account.After(null, clock.Now), (_, before) => account.After(before, clock.Now));

    /// <summary>Whether an account that is not known would be asked for now.</summary>
    public bool IsWorthALook(string accountId) =>
        !_lookedUp.TryGetValue(accountId, out var last) || time.GetElapsedTime(last.At) >= last.Rest;

    private readonly record struct Search(long At, TimeSpan Rest);
}
