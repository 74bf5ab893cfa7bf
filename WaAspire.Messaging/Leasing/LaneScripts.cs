namespace WaAspire.Messaging.Leasing;

/// <summary>
/// The lanes' Lua, one round trip each, on Redis's own clock (milliseconds with three decimals).
/// Per account, under one hash tag so that a cluster keeps them together:
/// <c>due</c> (sorted set: lane → when it may be taken; a held lane's score is the end of its hold),
/// <c>state</c> (hash: lane → <c>H|token|commit|mark</c> while held, <c>B</c> while blocked; mark 1 = look again, for a commit of
/// that time in microseconds; 2 = due whatever the holder says).
/// For a little while <c>seen:lane</c>: up to which commit the last holder had seen the lane when it found no more.
/// Global: <c>accounts</c> (sorted set: account → when one of its lanes is due; may be stale), <c>sweep</c> (hash: the
/// cursor, and the life of the lanes that it belongs to; it expires, so that now and then a sweep starts from the beginning).
/// </summary>
internal static class LaneScripts
{
    private const string Now = """
        local t = redis.call('TIME')
        local now = tonumber(t[1]) * 1000 + tonumber(t[2]) / 1000
        local function text(n) return string.format('%.3f', n) end
        local function held(state, score)
          if state and string.sub(state, 1, 1) == 'H' and score and tonumber(score) > now then return string.match(state, '^H|([^|]+)|') end
          return nil
        end

        """;

    /// <summary>KEYS due state seen; ARGV lane delayMs commitMicroseconds. Returns when the account must be looked at, or -1.</summary>
    public const string Signal = Now + """
        local state, score = redis.call('HGET', KEYS[2], ARGV[1]), redis.call('ZSCORE', KEYS[1], ARGV[1])
        if tonumber(ARGV[3]) <= tonumber(redis.call('GET', KEYS[3]) or '0') then return '-1' end
        if state == 'B' and score then return '-1' end
        if state and string.sub(state, 1, 1) == 'H' then
          -- Also while nobody has taken over a hold that has run out: its holder may yet come back and call the lane empty.
          local token, commit, mark = string.match(state, '^H|([^|]+)|(%d+)|(%d)$')
          if mark ~= '2' and tonumber(ARGV[3]) > tonumber(commit) then redis.call('HSET', KEYS[2], ARGV[1], 'H|' .. token .. '|' .. ARGV[3] .. '|1') end
        end
        if held(state, score) then return '-1' end
        local due = now + tonumber(ARGV[2])
        if not score or tonumber(score) > due then redis.call('ZADD', KEYS[1], text(due), ARGV[1]) end
        return text(due)
        """;

    /// <summary>KEYS due state; ARGV lane. Returns when the account must be looked at, or -1.</summary>
    public const string Unblock = Now + """
        local state, score = redis.call('HGET', KEYS[2], ARGV[1]), redis.call('ZSCORE', KEYS[1], ARGV[1])
        local token = held(state, score)
        if token then
          redis.call('HSET', KEYS[2], ARGV[1], 'H|' .. token .. '|0|2')
          return '-1'
        end
        redis.call('HDEL', KEYS[2], ARGV[1])
        redis.call('ZADD', KEYS[1], text(now), ARGV[1])
        return text(now)
        """;

    /// <summary>
    /// KEYS due state last pace; ARGV count holdMs. Returns the account's next due time (or -1), then lane, token, whether a hold had run out.
    /// A token is Redis's time in microseconds, or one more than the last: it grows even across a flush.
    /// As many lanes are taken as the number has visits to spend (<see cref="Pacing.PaceScripts"/>, field <c>free</c>): a lane that
    /// would only be turned away stays where it is, and the account comes back when there is something to spend.
    /// </summary>
    public const string Acquire = Now + """
        local count, rests = tonumber(ARGV[1]), 0
        local pace = redis.call('HMGET', KEYS[4], 'free', 'each', 'fits')
        local free, each = tonumber(pace[1] or '0'), tonumber(pace[2] or '0')
        if pace[1] then
          free = math.max(free, now - (tonumber(pace[3]) - 1) * each)
          count = math.min(count, math.floor(1 + (now - free) / each))
          if count < 1 then rests = free end
        end
        local lanes = count > 0 and redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'LIMIT', 0, count) or {}
        local taken = {}
        local last = tonumber(redis.call('GET', KEYS[3]) or '0')
        for _, lane in ipairs(lanes) do
          last = math.max(last + 1, math.floor(now * 1000))
          local token = string.format('%.0f', last)
          local state = redis.call('HGET', KEYS[2], lane)
          redis.call('HSET', KEYS[2], lane, 'H|' .. token .. '|0|0')
          redis.call('ZADD', KEYS[1], text(now + tonumber(ARGV[2])), lane)
          taken[#taken + 1] = lane
          taken[#taken + 1] = token
          if state and string.sub(state, 1, 1) == 'H' then taken[#taken + 1] = '1' else taken[#taken + 1] = '0' end
        end
        if #lanes > 0 then redis.call('SET', KEYS[3], string.format('%.0f', last)) end
        if #lanes > 0 and pace[1] then
          redis.call('HSET', KEYS[4], 'free', text(free + #lanes * each))
          rests = free + #lanes * each
        end
        local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        table.insert(taken, 1, first[2] and text(math.max(rests, tonumber(first[2]))) or '-1')
        return taken
        """;

    /// <summary>KEYS due state; ARGV holdMs, then lane, token pairs. Returns the lanes that are no longer this holder's.</summary>
    public const string Renew = Now + """
        local lost = {}
        for i = 2, #ARGV, 2 do
          local state = redis.call('HGET', KEYS[2], ARGV[i])
          if state and string.match(state, '^H|([^|]+)|') == ARGV[i + 1] then
            redis.call('ZADD', KEYS[1], text(now + tonumber(ARGV[1])), ARGV[i])
          else
            lost[#lost + 1] = ARGV[i]
          end
        end
        return lost
        """;

    /// <summary>KEYS due state seen pace; ARGV lane token kind(E|D|B) delayMs seenMicroseconds rememberMs. Returns whether the token was good, and when the account must be looked at (or -1).</summary>
    public const string Release = Now + """
        local state = redis.call('HGET', KEYS[2], ARGV[1])
        if not state or string.match(state, '^H|([^|]+)|') ~= ARGV[2] then return {'0', '-1'} end
        local commit, mark = string.match(state, '|(%d+)|(%d)$')
        local kind, due = ARGV[3], now + tonumber(ARGV[4])
        local unseen = mark == '1' and tonumber(commit) > tonumber(ARGV[5])
        if mark == '2' or (unseen and kind ~= 'B') then kind, due = 'D', now end
        if kind == 'B' then redis.call('HSET', KEYS[2], ARGV[1], 'B') else redis.call('HDEL', KEYS[2], ARGV[1]) end
        if kind == 'E' then
          redis.call('ZREM', KEYS[1], ARGV[1])
          if tonumber(ARGV[5]) > 0 then redis.call('SET', KEYS[3], ARGV[5], 'PX', math.ceil(tonumber(ARGV[6]))) end
          return {'1', '-1'}
        end
        redis.call('ZADD', KEYS[1], text(due), ARGV[1])
        -- No need to look before the number has something to spend.
        return {'1', text(math.max(due, tonumber(redis.call('HGET', KEYS[4], 'free') or '0')))}
        """;

    /// <summary>KEYS due. Returns the account's next due time, or -1.</summary>
    public const string Peek = """
        local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        return first[2] or '-1'
        """;

    /// <summary>KEYS turn sweep; ARGV turnMs lifetimeMs. Returns life and cursor (may be empty) to the one whose turn it is, else nothing.</summary>
    public const string TakeSweep = Now + """
        if not redis.call('SET', KEYS[1], 'taken', 'NX', 'PX', math.ceil(tonumber(ARGV[1]))) then return {} end
        if redis.call('HSETNX', KEYS[2], 'life', text(now)) == 1 then redis.call('PEXPIRE', KEYS[2], math.ceil(tonumber(ARGV[2]))) end
        return {redis.call('HGET', KEYS[2], 'life'), redis.call('HGET', KEYS[2], 'cursor') or ''}
        """;

    /// <summary>KEYS sweep; ARGV life cursor.</summary>
    public const string SaveSweep = """
        if redis.call('HGET', KEYS[1], 'life') ~= ARGV[1] then return 0 end
        return redis.call('HSET', KEYS[1], 'cursor', ARGV[2])
        """;

    /// <summary>KEYS accounts; ARGV limit skip. Returns in how many ms the next one becomes due (or -1), then account, score pairs that are due, the longest waiting first.</summary>
    public const string DueAccounts = Now + """
        local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'WITHSCORES', 'LIMIT', ARGV[2], ARGV[1])
        local next = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. text(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
        table.insert(due, 1, next[2] and text(next[2] - now) or '-1')
        return due
        """;

    /// <summary>KEYS accounts; ARGV account due. One that is due keeps its place, and still gets a new score, a microsecond later: that tells <see cref="Postpone"/> that a signal came in between.</summary>
    public const string Notice = Now + """
        local due, score = tonumber(ARGV[2]), redis.call('ZSCORE', KEYS[1], ARGV[1])
        if due <= now and score and tonumber(score) <= now then
          redis.call('ZADD', KEYS[1], text(tonumber(score) + 0.001), ARGV[1])
        elseif not score or tonumber(score) > due then
          redis.call('ZADD', KEYS[1], text(math.max(due, now)), ARGV[1])
        end
        return 1
        """;

    /// <summary>KEYS accounts; ARGV account seenScore due(or -1) delayMs. Moves the account on only if nobody signalled it since it was seen; one that has more, or was signalled, goes behind all that wait now. Returns in how many ms it is due again, or -1.</summary>
    public const string Postpone = Now + """
        local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
        if score ~= ARGV[2] then
          if score and tonumber(score) <= now then redis.call('ZADD', KEYS[1], text(now), ARGV[1]) end
          return '-1'
        end
        local due = tonumber(ARGV[3])
        if tonumber(ARGV[4]) > 0 then due = now + tonumber(ARGV[4]) end
        if due >= 0 and due < now then due = now end
        if due < 0 then
          redis.call('ZREM', KEYS[1], ARGV[1])
          return '-1'
        end
        redis.call('ZADD', KEYS[1], text(due), ARGV[1])
        return text(due - now)
        """;
}
