using Microsoft.Extensions.Options;
using WaAspire.Messaging.Pacing;

namespace WaAspire.Worker.Pacing;

/// <summary>
/// This worker's own buckets while Redis is away: its share of each number's rate, and whole pairs, because a thread is
/// one worker's then. What is full again and remembers nothing is forgotten.
/// </summary>
/// <param name="share">This worker's part of the fleet, in (0, 1].</param>
/// <param name="options">The limits.</param>
/// <param name="chance">The gap's jitter.</param>
/// <param name="time">The clock.</param>
public sealed class LocalPacing(Func<double> share, IOptions<PacingOptions> options, Random chance, TimeProvider time) : IPacing
{
    private const int CleanAbove = 10_000;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, AccountPace> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), PairPace> _pairs = [];
    private readonly PacingOptions _options = options.Value;

    public Task<PacingGrant> TakeAsync(PacedPair pair, int count)
    {
        lock (_gate)
        {
            var (now, wall) = (Now(), time.GetUtcNow());
            var (account, recipient) = (Account_NeedsLock(pair, now), Pair_NeedsLock(pair, now));

            // Workers come and go while Redis is away, and a number's limit may be raised.
            account.Resize(BucketSize.OfAccount(pair.PerSecond, share()));
            var free = account.Free(now, _options.RateRecovery, pair.Gap, wall);
            var granted = Math.Min(count, Math.Min(free, recipient.Free(now)));
            if (granted < 1)
            {
                var first = free < 1 ? account.NextTurn(now, _options.RateRecovery, pair.Gap, wall) : TimeSpan.Zero;
                var second = recipient.Wait(now);
                return Task.FromResult(new PacingGrant(0, first > second ? first : second));
            }

            account.Take(granted, now, pair.Gap, chance.NextDouble(), wall);
            recipient.Bucket.Add(-granted);
            return Task.FromResult(new PacingGrant(granted, TimeSpan.Zero));
        }
    }

    public Task GiveBackAsync(PacedPair pair, int count, bool accepted = false)
    {
        lock (_gate)
        {
            var (account, recipient) = (Account_NeedsLock(pair, Now()), Pair_NeedsLock(pair, Now()));
            account.GiveBack(count, pair.Gap);
            recipient.Bucket.Add(count);
            if (accepted)
            {
                account.Down = 0;
                recipient.Accept();
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Limits come with each question here.</summary>
    public Task LimitsChangedAsync(string accountId) => Task.CompletedTask;

    public Task<TimeSpan> PairRefusedAsync(PacedPair pair)
    {
        lock (_gate)
        {
            return Task.FromResult(Pair_NeedsLock(pair, Now()).Refuse(Now(), _options.PairPenalty, _options.PairPenaltySteps));
        }
    }

    public Task RateRefusedAsync(PacedPair pair)
    {
        lock (_gate)
        {
            Account_NeedsLock(pair, Now()).Slow(Now(), _options.RateRecovery);
        }

        return Task.CompletedTask;
    }

    public Task<long> ProviderDownAsync(string accountId)
    {
        lock (_gate)
        {
            return Task.FromResult(++Account_NeedsLock(new PacedPair(accountId, _options.DefaultPerSecond, ""), Now()).Down);
        }
    }

    public Task<bool> TryProbeAsync(string accountId, TimeSpan turn)
    {
        lock (_gate)
        {
            var account = Account_NeedsLock(new PacedPair(accountId, _options.DefaultPerSecond, ""), Now());
            var isFree = account.ProbeTaken <= Now();
            account.ProbeTaken = isFree ? Now() + turn : account.ProbeTaken;
            return Task.FromResult(isFree);
        }
    }

    private TimeSpan Now() => time.GetElapsedTime(0);

    private AccountPace Account_NeedsLock(PacedPair pair, TimeSpan now)
    {
        if (!_accounts.TryGetValue(pair.AccountId, out var account))
        {
            Forget_NeedsLock(_accounts, paced => paced.IsAtRest(now, _options.RateRecovery, time.GetUtcNow()));
            _accounts[pair.AccountId] = account = new AccountPace(BucketSize.OfAccount(pair.PerSecond, share()), now);
        }

        return account;
    }

    private PairPace Pair_NeedsLock(PacedPair pair, TimeSpan now)
    {
        var key = (pair.AccountId, pair.Recipient);
        if (!_pairs.TryGetValue(key, out var recipient))
        {
            Forget_NeedsLock(_pairs, paced => paced.IsAtRest(now));
            _pairs[key] = recipient = new PairPace(BucketSize.OfPair(_options), now);
        }

        return recipient;
    }

    private static void Forget_NeedsLock<TKey, TPace>(Dictionary<TKey, TPace> paces, Func<TPace, bool> isAtRest)
        where TKey : notnull
    {
        if (paces.Count > CleanAbove)
        {
            foreach (var key in paces.Where(pace => isAtRest(pace.Value)).Select(pace => pace.Key).ToList())
            {
                paces.Remove(key);
            }
        }
    }
}
