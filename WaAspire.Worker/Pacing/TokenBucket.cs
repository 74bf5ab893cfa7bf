namespace WaAspire.Worker.Pacing;

/// <summary>What fills a bucket: at most <paramref name="Capacity"/> tokens, <paramref name="PerMillisecond"/> more with each millisecond.</summary>
internal readonly record struct BucketSize(double Capacity, double PerMillisecond)
{
    /// <summary>A tenth of a second's worth may burst: Meta counts by the second.</summary>
    public static BucketSize OfAccount(int perSecond, double share) => new(Math.Max(1, perSecond * share / 10), perSecond * share / 1000d);

    public static BucketSize OfPair(PacingOptions options) => new(options.PairBurst, 1 / options.PairInterval.TotalMilliseconds);

    /// <summary>When an untouched bucket is full again, and can be forgotten.</summary>
    public TimeSpan FullAfter => TimeSpan.FromMilliseconds(Capacity / PerMillisecond);
}

/// <summary>One bucket in memory; the Lua of <see cref="RedisPacing"/> computes the same.</summary>
internal sealed class TokenBucket(BucketSize size, TimeSpan now)
{
    private double _tokens = size.Capacity;
    private TimeSpan _at = now;
    private TimeSpan _turn;

    public double At(TimeSpan now)
    {
        _tokens = Math.Min(size.Capacity, _tokens + ((now - _at).TotalMilliseconds * size.PerMillisecond));
        _at = now;
        return _tokens;
    }

    public void Add(double tokens) => _tokens = Math.Min(size.Capacity, _tokens + tokens);

    public TimeSpan UntilOne(TimeSpan now) => TimeSpan.FromMilliseconds(Math.Max(0, (1 - At(now)) / size.PerMillisecond));

    /// <summary>When the next of those who are turned away should come again: one after the other, at the rate of the bucket.</summary>
    public TimeSpan NextTurn(TimeSpan now)
    {
        _turn = (_turn > now ? _turn : now) + TimeSpan.FromMilliseconds(1 / size.PerMillisecond);
        return _turn - now;
    }

    public bool IsFull(TimeSpan now) => At(now) >= size.Capacity;
}
