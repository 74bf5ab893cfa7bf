using System.Globalization;
using StackExchange.Redis;

namespace WaAspire.Messaging.Pacing;

/// <summary>What fills a bucket: at most <paramref name="Capacity"/> tokens, <paramref name="PerMillisecond"/> more with each millisecond.</summary>
public readonly record struct BucketSize(double Capacity, double PerMillisecond)
{
    /// <summary>When an untouched bucket is full again, and can be forgotten.</summary>
    public TimeSpan FullAfter => TimeSpan.FromMilliseconds(Capacity / PerMillisecond);

    /// <summary>A tenth of a second's worth may burst: Meta counts by the second.</summary>
    public static BucketSize OfAccount(int perSecond, double share) => new(Math.Max(1, perSecond * share / 10), perSecond * share / 1000d);

    public static BucketSize OfPair(PacingOptions options) => new(options.PairBurst, 1 / options.PairInterval.TotalMilliseconds);

    /// <summary>The same bucket while its number is slowed down.</summary>
    public BucketSize Slowed(double factor) => new(Math.Max(1, Capacity * factor), PerMillisecond * factor);

    /// <summary>As arguments of a script: capacity, tokens per millisecond, milliseconds to live.</summary>
    public RedisValue[] ToArguments() =>
    [
        Capacity.ToString("R", CultureInfo.InvariantCulture),
        PerMillisecond.ToString("R", CultureInfo.InvariantCulture),
        (long)Math.Ceiling(FullAfter.TotalMilliseconds) + 1,
    ];
}
