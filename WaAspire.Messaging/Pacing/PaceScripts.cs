using StackExchange.Redis;

namespace WaAspire.Messaging.Pacing;

/// <summary>
/// The buckets' Lua, one round trip each, on Redis's own clock (milliseconds). Per account, under one hash tag:
/// <c>pace</c> (hash: tokens at turn of the number's bucket; slow slowAt while its rate is lowered; next day sent of an
/// account with a gap; free each fits: when the number has something to spend again, by which lanes are taken or left; down: answers in a row that say the provider is down), <c>pair:{recipient}</c> (hash: tokens at;
/// refused until while the recipient must rest), <c>probe</c> (taken while nobody needs to try again).
/// </summary>
public static class PaceScripts
{
    private const string Now = """
        local t = redis.call('TIME')
        local now = tonumber(t[1]) * 1000 + tonumber(t[2]) / 1000
        local function text(n) return string.format('%.3f', n) end
        local function keep(key, ms) redis.call('PEXPIRE', key, math.ceil(math.max(ms, 1000, redis.call('PTTL', key)))) end

        """;

    private const string Factor = """
        local function factor(slow, at, recovery)
          if not slow then return 1 end
          return math.min(1, tonumber(slow) + (1 - tonumber(slow)) * math.max(0, now - tonumber(at)) / recovery)
        end

        """;

    /// <summary>
    /// KEYS pace pair; ARGV count, capacity rate ttl of the account, the same of the pair, recoveryMs, gapMs, dailyCap.
    /// Takes from both buckets or from none. Returns granted, ms to wait, and 1 if it is the number that has nothing left.
    /// Leaves behind when the next visit is worth it (free), how long one takes to earn (each), and how many fit the bucket.
    /// </summary>
    public const string Take = Now + Factor + """
        local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'turn', 'slow', 'slowAt', 'next', 'day', 'sent')
        local slowed = factor(kept[4], kept[5], tonumber(ARGV[8]))
        local capacity, rate = math.max(1, ARGV[2] * slowed), ARGV[3] * slowed
        local tokens = capacity
        if kept[1] then tokens = math.min(capacity, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * rate) end
        local granted = math.min(tonumber(ARGV[1]), math.floor(tokens))
        local free, step, gap, cap = now + math.max(0, 1 - tokens) / rate, 1 / rate, tonumber(ARGV[9]), tonumber(ARGV[10])
        local day, sent = math.floor(now / 86400000), 0
        if gap > 0 or cap > 0 then
          step = math.max(step, gap)
          granted = math.min(granted, 1)
          if kept[7] and tonumber(kept[7]) == day then sent = tonumber(kept[8]) end
          if kept[6] and tonumber(kept[6]) > now then granted, free = 0, math.max(free, tonumber(kept[6])) end
          if cap > 0 and sent >= cap then granted, free = 0, (day + 1) * 86400000 end
        end
        local wait, drained = 0, 0
        if granted < 1 then
          drained = 1
          -- Those who are turned away come again one after the other, at the pace of the account, not all at once.
          local turn = math.max(free, tonumber(kept[3] or '0') + step)
          redis.call('HSET', KEYS[1], 'turn', text(turn))
          keep(KEYS[1], turn - now)
          wait = turn - now
        end
        local pair = redis.call('HMGET', KEYS[2], 'tokens', 'at', 'until')
        local pairRate, pairTokens = tonumber(ARGV[6]), tonumber(ARGV[5])
        if pair[1] then pairTokens = math.min(pairTokens, tonumber(pair[1]) + math.max(0, now - tonumber(pair[2])) * pairRate) end
        granted = math.min(granted, math.floor(pairTokens))
        if pairTokens < 1 then wait = math.max(wait, (1 - pairTokens) / pairRate) end
        if pair[3] and tonumber(pair[3]) > now then granted, wait = 0, math.max(wait, tonumber(pair[3]) - now) end
        local asks = gap + cap > 0 and 1 or math.min(tonumber(ARGV[1]), math.max(1, math.floor(capacity)))
        if gap + cap > 0 then
          if granted > 0 then free = cap > 0 and sent + granted >= cap and (day + 1) * 86400000 or now + gap end
          -- A cap may be raised where nobody tells of it.
          free = math.min(free, now + 600000)
        else
          free = now + (asks - tokens + math.max(0, granted)) / rate
        end
        redis.call('HMSET', KEYS[1], 'free', text(free), 'each', text(asks * step), 'fits', string.format('%.0f', math.max(1, math.floor(capacity / asks))), 'capacity', ARGV[2], 'rate', ARGV[3])
        keep(KEYS[1], math.max(free - now, tonumber(ARGV[4])))
        if granted < 1 then return {0, text(wait), drained} end
        redis.call('HMSET', KEYS[1], 'tokens', string.format('%.6f', tokens - granted), 'at', text(now))
        redis.call('HMSET', KEYS[2], 'tokens', string.format('%.6f', pairTokens - granted), 'at', text(now))
        keep(KEYS[1], tonumber(ARGV[4]))
        keep(KEYS[2], tonumber(ARGV[7]))
        if gap > 0 or cap > 0 then
          redis.call('HMSET', KEYS[1], 'next', text(now + gap), 'day', string.format('%.0f', day), 'sent', string.format('%.0f', sent + granted))
          keep(KEYS[1], 172800000)
        end
        return {granted, '0', 0}
        """;

    /// <summary>
    /// KEYS pace pair; ARGV count, accepted(0|1), hasGap(0|1). Gives back what was not sent (a bucket that was forgotten
    /// meanwhile is full anyway); an acceptance ends the recipient's rest and the row of outages.
    /// </summary>
    public const string GiveBack = """
        local count = tonumber(ARGV[1])
        for i = 1, 2 do
          if count > 0 and redis.call('HEXISTS', KEYS[i], 'tokens') == 1 then redis.call('HINCRBYFLOAT', KEYS[i], 'tokens', count) end
        end
        if count > 0 and ARGV[3] == '1' and redis.call('HEXISTS', KEYS[1], 'sent') == 1 then
          redis.call('HINCRBY', KEYS[1], 'sent', -count)
          redis.call('HDEL', KEYS[1], 'next', 'free')
        end
        if count > 0 and ARGV[3] ~= '1' and redis.call('HEXISTS', KEYS[1], 'free') == 1 then
          redis.call('HINCRBYFLOAT', KEYS[1], 'free', -count / tonumber(redis.call('HGET', KEYS[1], 'rate')))
        end
        if ARGV[2] == '1' then
          redis.call('HDEL', KEYS[1], 'down')
          redis.call('HDEL', KEYS[2], 'refused', 'until')
        end
        return 1
        """;

    /// <summary>KEYS pair; ARGV firstMs, steps. The recipient rests, four times as long at each repetition. Returns ms.</summary>
    public const string PairRefused = Now + """
        local refused = redis.call('HINCRBY', KEYS[1], 'refused', 1)
        local rest = tonumber(ARGV[1]) * 4 ^ math.min(refused - 1, tonumber(ARGV[2]))
        redis.call('HSET', KEYS[1], 'until', text(now + rest))
        keep(KEYS[1], rest + 3600000)
        return text(rest)
        """;

    /// <summary>KEYS pace; ARGV recoveryMs. Half the rate and nothing in the bucket; those who were refused at the same time count once.</summary>
    public const string RateRefused = Now + Factor + """
        local kept = redis.call('HMGET', KEYS[1], 'slow', 'slowAt')
        if not kept[2] or now - tonumber(kept[2]) > 1000 then
          local slow = math.max(0.1, factor(kept[1], kept[2], tonumber(ARGV[1])) / 2)
          redis.call('HMSET', KEYS[1], 'slow', string.format('%.6f', slow), 'slowAt', text(now))
        end
        redis.call('HMSET', KEYS[1], 'tokens', '0', 'at', text(now))
        keep(KEYS[1], tonumber(ARGV[1]))
        return 1
        """;

    /// <summary>KEYS pace; ARGV ttlMs. Returns how many answers in a row said that the provider is down.</summary>
    public const string Down = Now + """
        local down = redis.call('HINCRBY', KEYS[1], 'down', 1)
        keep(KEYS[1], tonumber(ARGV[1]))
        return down
        """;

    /// <summary>
    /// KEYS pace; ARGV count, capacity and rate of an account that has not sent lately. Takes without asking: the bucket may
    /// go down to one second's worth of debt, so that a storm of inbound messages slows sending and does not end it for long.
    /// </summary>
    public const string Spend = Now + """
        local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'capacity', 'rate')
        local capacity, rate = tonumber(kept[3] or ARGV[2]), tonumber(kept[4] or ARGV[3])
        local tokens = capacity
        if kept[1] then tokens = math.min(capacity, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * rate) end
        tokens = math.max(tokens - tonumber(ARGV[1]), -1000 * rate)
        redis.call('HMSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', text(now), 'capacity', tostring(capacity), 'rate', tostring(rate))
        keep(KEYS[1], (capacity - tokens) / rate)
        return 1
        """;

    public static RedisKey PaceKey(string accountId) => $"waaspire:{{{accountId}}}:pace";

    public static RedisKey PairKey(string accountId, string recipient) => $"waaspire:{{{accountId}}}:pair:{recipient}";

    public static RedisKey ProbeKey(string accountId) => $"waaspire:{{{accountId}}}:probe";
}
