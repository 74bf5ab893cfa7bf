using Microsoft.Extensions.Options;

namespace WaAspire.Worker.Pacing;

/// <summary>
/// This worker's own buckets while Redis is away: its share of each number's rate, and whole pairs, because a thread is
/// one worker's then. Buckets that are full again are forgotten.
/// </summary>
/// <param name="share">This worker's part of the fleet, in (0, 1].</param>
/// <param name="options">The limits.</param>
/// <param name="time">The clock.</param>
public sealed class LocalPacing(Func<double> share, IOptions<PacingOptions> options, TimeProvider time) : IPacing
{
    private const int CleanAbove = 10_000;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TokenBucket> _buckets = new(StringComparer.Ordinal);

    public Task<PacingGrant> TakeAsync(PacedPair pair, int count)
    {
        lock (_gate)
        {
            var now = Now();
            var (account, recipient) = Buckets_NeedsLock(pair, now);
            var granted = (int)Math.Min(count, Math.Min(Math.Floor(account.At(now)), Math.Floor(recipient.At(now))));
            if (granted < 1)
            {
                var first = account.At(now) < 1 ? account.NextTurn(now) : TimeSpan.Zero;
                var second = recipient.UntilOne(now);
                return Task.FromResult(new PacingGrant(0, first > second ? first : second));
            }

            account.Add(-granted);
            recipient.Add(-granted);
            return Task.FromResult(new PacingGrant(granted, TimeSpan.Zero));
        }
    }

    public Task GiveBackAsync(PacedPair pair, int count)
    {
        lock (_gate)
        {
            var (account, recipient) = Buckets_NeedsLock(pair, Now());
            account.Add(count);
            recipient.Add(count);
        }

        return Task.CompletedTask;
    }

    private TimeSpan Now() => time.GetElapsedTime(0);

    private (TokenBucket Account, TokenBucket Recipient) Buckets_NeedsLock(PacedPair pair, TimeSpan now)
    {
        if (_buckets.Count > CleanAbove)
        {
            foreach (var full in _buckets.Where(bucket => bucket.Value.IsFull(now)).Select(bucket => bucket.Key).ToList())
            {
                _buckets.Remove(full);
            }
        }

        return (
            Find_NeedsLock(pair.AccountId, () => BucketSize.OfAccount(pair.PerSecond, share()), now),
            Find_NeedsLock($"{pair.AccountId}|{pair.Recipient}", () => BucketSize.OfPair(options.Value), now));
    }

    private TokenBucket Find_NeedsLock(string key, Func<BucketSize> size, TimeSpan now)
    {
        if (!_buckets.TryGetValue(key, out var bucket))
        {
            _buckets[key] = bucket = new TokenBucket(size(), now);
        }

        return bucket;
    }
}
