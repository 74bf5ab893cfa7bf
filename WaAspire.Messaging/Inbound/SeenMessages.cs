using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Leasing;

namespace WaAspire.Messaging.Inbound;

/// <summary>
/// What is certainly stored already, remembered in Redis to save the commit that would find out. It is written after
/// the commit and never before, so losing it (or this process between the two) costs one commit and no message.
/// </summary>
public sealed class SeenMessages(Lazy<IConnectionMultiplexer> redis, IOptions<InboundOptions> options, TimeProvider time)
{
    private const string Prefix = "waaspire:inbound:";
    private readonly InboundOptions _options = options.Value;
    private long _failedAt;

    private bool IsPaused => Volatile.Read(ref _failedAt) is var failed and not 0 && time.GetElapsedTime(failed) < _options.RecallPause;

    /// <summary>Those of <paramref name="keys"/> that are stored; empty when Redis is away.</summary>
    public async Task<IReadOnlySet<string>> RecallAsync(IReadOnlyCollection<string> keys)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        await TryAsync(async calls =>
        {
            // One by one in one go, as they are written: the keys of a cluster lie on different nodes.
            var asked = keys.ToArray();
            var values = await calls.GuardAsync(Task.WhenAll(asked.Select(key => redis.Value.GetDatabase().KeyExistsAsync(Prefix + key))));
            known.UnionWith(asked.Where((_, index) => values[index]));
        });
        return known;
    }

    public Task RememberAsync(IReadOnlyCollection<string> keys) => TryAsync(calls => calls.GuardAsync(Task.WhenAll(
        keys.Select(key => redis.Value.GetDatabase().StringSetAsync(Prefix + key, 1, _options.RememberFor, When.NotExists)))));

    private async Task TryAsync(Func<RedisCalls, Task> call)
    {
        if (IsPaused)
        {
            return;
        }

        try
        {
            await call(new RedisCalls(redis.Value, _options.RecallTimeout, time));
        }
        catch (Exception exception) when (exception is LanesUnavailableException or RedisException or RedisCommandException or InvalidOperationException)
        {
            // It only saves work. Whoever waits for a Redis that is away, a webhook at a time, saves none.
            Volatile.Write(ref _failedAt, time.GetTimestamp());
        }
    }
}
