using System.Globalization;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Leasing;

namespace WaAspire.Worker.Pacing;

/// <summary>The buckets that all workers share, in Redis, on Redis's clock: one Lua call takes from both or from none.</summary>
public sealed class RedisPacing(IConnectionMultiplexer redis, IOptions<PacingOptions> options, IOptions<LaneOptions> lanes, TimeProvider time) : IPacing
{
    /// <summary>KEYS account pair; ARGV count, then capacity, tokens per ms and ms to live of each. Returns granted, ms to wait.</summary>
    private const string Take = """
        local t = redis.call('TIME')
        local now = tonumber(t[1]) * 1000 + tonumber(t[2]) / 1000
        local granted, wait, tokens = tonumber(ARGV[1]), 0, {}
        for i = 1, 2 do
          local capacity, rate = tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3])
          local kept = redis.call('HMGET', KEYS[i], 'tokens', 'at')
          local n = capacity
          if kept[1] then n = math.min(capacity, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * rate) end
          tokens[i] = n
          granted = math.min(granted, math.floor(n))
          if n < 1 and i == 1 then
            -- Those who are turned away come again one after the other, at the rate of the bucket, not all at once.
            local turn = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'turn') or '0')) + 1 / rate
            redis.call('HSET', KEYS[1], 'turn', string.format('%.3f', turn))
            wait = turn - now
          elseif n < 1 then
            wait = math.max(wait, (1 - n) / rate)
          end
        end
        if granted < 1 then return {0, string.format('%.3f', wait)} end
        for i = 1, 2 do
          redis.call('HMSET', KEYS[i], 'tokens', string.format('%.6f', tokens[i] - granted), 'at', string.format('%.3f', now))
          redis.call('PEXPIRE', KEYS[i], math.max(ARGV[i * 3 + 1], 1000))
        end
        return {granted, '0'}
        """;

    /// <summary>KEYS account pair; ARGV count. A bucket that was forgotten meanwhile is full anyway.</summary>
    private const string GiveBack = """
        for i = 1, 2 do
          if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('HINCRBYFLOAT', KEYS[i], 'tokens', ARGV[1]) end
        end
        return 1
        """;

    private readonly RedisCalls _calls = new(redis, lanes.Value.CallTimeout, time);

    public async Task<PacingGrant> TakeAsync(PacedPair pair, int count)
    {
        RedisValue[] arguments = [count, .. Numbers(BucketSize.OfAccount(pair.PerSecond, 1)), .. Numbers(BucketSize.OfPair(options.Value))];
        var answer = (RedisValue[])(await _calls.RunAsync(Take, Keys(pair), arguments))!;
        return new PacingGrant((int)answer[0], TimeSpan.FromMilliseconds(double.Parse((string)answer[1]!, CultureInfo.InvariantCulture)));
    }

    public Task GiveBackAsync(PacedPair pair, int count) => _calls.RunAsync(GiveBack, Keys(pair), count);

    private static RedisKey[] Keys(PacedPair pair) => [$"waaspire:{{{pair.AccountId}}}:pace", $"waaspire:{{{pair.AccountId}}}:pair:{pair.Recipient}"];

    private static RedisValue[] Numbers(BucketSize size) =>
    [
        size.Capacity.ToString("R", CultureInfo.InvariantCulture),
        size.PerMillisecond.ToString("R", CultureInfo.InvariantCulture),
        (long)Math.Ceiling(size.FullAfter.TotalMilliseconds) + 1,
    ];
}
