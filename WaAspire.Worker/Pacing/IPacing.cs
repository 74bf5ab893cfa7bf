using WaAspire.Messaging.Pacing;
using WaAspire.Worker.Accounts;

namespace WaAspire.Worker.Pacing;

/// <summary>
/// How fast a number may send, altogether and to one recipient. It changes rates, never correctness: what it forgets is
/// at most a refusal by the provider, which spends no attempt.
/// </summary>
public interface IPacing
{
    /// <summary>Takes up to <paramref name="count"/> messages' worth from both buckets at once.</summary>
    Task<PacingGrant> TakeAsync(PacedPair pair, int count);

    /// <summary>Ends a visit: gives back what was taken and not sent. An acceptance ends the recipient's rest and the row of outages.</summary>
    Task GiveBackAsync(PacedPair pair, int count, bool accepted = false);

    /// <summary>The number's limits may have changed: whoever asks next is answered by the new ones.</summary>
    Task LimitsChangedAsync(string accountId);

    /// <summary>WhatsApp says that this recipient was written to too often. Returns how long it rests.</summary>
    Task<TimeSpan> PairRefusedAsync(PacedPair pair);

    /// <summary>WhatsApp says that this number sends too fast: half the rate, recovering.</summary>
    Task RateRefusedAsync(PacedPair pair);

    /// <summary>The provider says that it is down. Returns how often in a row, over the fleet.</summary>
    Task<long> ProviderDownAsync(string accountId);

    /// <summary>Whether it is this worker's turn to try if the provider is back; nobody else's for <paramref name="turn"/>.</summary>
    Task<bool> TryProbeAsync(string accountId, TimeSpan turn);
}

/// <param name="AccountId">The sender.</param>
/// <param name="PerSecond">The sender's limit.</param>
/// <param name="Recipient">Whom it writes to: the thread, because a thread is one recipient.</param>
public readonly record struct PacedPair(string AccountId, int PerSecond, string Recipient)
{
    /// <summary>Of an account that must look like a person; default for none.</summary>
    public SendGap Gap { get; init; }

    public static PacedPair Of(Account account, string threadId, PacingOptions options) => new(account.Id, account.PerSecond ?? options.DefaultPerSecond, threadId)
    {
        Gap = account.Provider == Account.Baileys
            ? new SendGap(account.SendGap ?? options.BaileysGap, account.SendGapJitter ?? options.BaileysGapJitter, account.DailyCap ?? options.BaileysDailyCap)
            : default,
    };
}

/// <param name="Least">Time between two messages of the account, at least.</param>
/// <param name="Jitter">Up to this much more, by chance.</param>
/// <param name="DailyCap">Messages between two midnights (UTC); 0 for no cap.</param>
public readonly record struct SendGap(TimeSpan Least, TimeSpan Jitter, int DailyCap)
{
    public bool Exists => Least > TimeSpan.Zero || DailyCap > 0;

    public TimeSpan Next(double chance) => Least + (Jitter * chance);
}

/// <param name="Count">How many messages may go now; 0 when none.</param>
/// <param name="Wait">With 0: when one can.</param>
public readonly record struct PacingGrant(int Count, TimeSpan Wait)
{
    /// <summary>With 0: the lanes leave all lanes of this number alone until one can; the lane itself need not wait.</summary>
    public bool NumberRests { get; init; }
}
