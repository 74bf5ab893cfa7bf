using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Accounts;
using WaAspire.Worker.Sessions;

namespace WaAspire.Worker.Accounts.Ownership;

/// <summary>
/// The sessions that this worker holds, asked before every send at the cost of nothing. Trust is counted on the monotonic
/// clock from before the last renewal and ends a margin before the lease does: a paused process, a slow store or a wrong
/// wall clock can only make us stop sooner. What a paused process can still do is end in the session's fence.
/// </summary>
public sealed class OwnedAccounts(IOptions<OwnershipOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, OwnedAccount> _owned = new(StringComparer.Ordinal);

    public IReadOnlyCollection<OwnedAccount> All => [.. _owned.Values];

    public OwnedAccount? Find(string accountId) => _owned.GetValueOrDefault(accountId);

    /// <summary>The session under this very term, while it may be acted for.</summary>
    public OwnedAccount? Find(string accountId, long epoch) => Find(accountId) is { } owned && owned.Term.Epoch == epoch && TrustLeft(owned) > TimeSpan.Zero ? owned : null;

    /// <summary>How long this worker may still act for the account without a renewal; negative when the trust has ended.</summary>
    public TimeSpan TrustLeft(OwnedAccount owned) => options.Value.Trust - time.GetElapsedTime(owned.Term.Started);

    /// <summary>Whether the lease has run for so long that it is renewed.</summary>
    public bool IsToBeRenewed(OwnedAccount owned) => time.GetElapsedTime(owned.Term.Started) >= options.Value.RenewEvery;

    /// <summary>Whether this worker may send for the account now.</summary>
    public bool MaySend(string accountId) => Find(accountId) is { IsLeaving: false, IsConnected: true } owned && TrustLeft(owned) > TimeSpan.Zero;

    /// <summary>Whether some other worker, or nobody, sends for this account.</summary>
    public bool IsElsewhere(Account account) => account.Provider != AccountFields.CloudApi && Find(account.Id) is null;

    public void Add(OwnedAccount owned) => _owned[owned.AccountId] = owned;

    public void Remove(OwnedAccount owned) => _owned.TryRemove(KeyValuePair.Create(owned.AccountId, owned));
}

/// <summary>One session in this worker's hand. The term and leaving are the ownership loop's to write, the stand is the gateway events'.</summary>
public sealed class OwnedAccount(LeaseTerm term, SessionFence session)
{
    private LeaseTerm _term = term;

    public string AccountId => _term.AccountId;

    public LeaseTerm Term
    {
        get => Volatile.Read(ref _term);
        set => Volatile.Write(ref _term, value);
    }

    /// <summary>What the next write to the session's keys must carry.</summary>
    public SessionFence Session => session;

    /// <summary>It is being given back: nothing new is begun.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>The socket is open, as far as the gateway has told.</summary>
    public bool IsConnected { get; set; }

    /// <summary>The session has no socket and makes none: a person would have to scan, or a ban to end.</summary>
    public bool IsWithoutSocket { get; set; }

    /// <summary>Monotonic timestamp: since when this worker knows that the device is to leave the phone, and could not say so. Null: not yet.</summary>
    public long? LeaveWantedAt { get; set; }

    /// <summary>The socket is open, but nobody answers on it.</summary>
    public bool IsDegraded
    {
        get => field && IsConnected;
        set;
    }

    /// <summary>The gateway has a session for this term, or has been told to.</summary>
    public bool IsOpened { get; set; }

    /// <summary>How often its session was to be opened in this term: what comes to the gateway after the close that was meant for it is refused.</summary>
    public int Opening { get; set; }

    /// <summary>Monotonic timestamp before which its session is not opened again: its keys cannot be read.</summary>
    public long OpenAfter { get; set; }

    /// <summary>The renewal that the gateway knows of.</summary>
    public LeaseTerm? Told { get; set; }

    /// <summary>The number of the newest word on how the session stands; what a repeated batch brings after it means nothing.</summary>
    public long StandVersion { get; set; }

    /// <summary>Which request for a code this session of the gateway has been told of.</summary>
    public string? PairRequestDone { get; set; }

    /// <summary>The number of the word on how the session stood then: older ones say nothing of what became of that request.</summary>
    public long PairRequestDoneAt { get; set; }
}
