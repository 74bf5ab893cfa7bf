using System.Globalization;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Pacing;

namespace WaAspire.Messaging.Leasing;

/// <summary>
/// The lanes that the whole fleet shares. What enters is a thread that has something to send; what leaves is a lane in
/// one worker's hand. If Redis dies here, every call throws <see cref="LanesUnavailableException"/> and the sweep takes
/// over; if Redis is flushed, tokens no longer match, holders notice at their next renewal, and the sweep fills it again.
/// </summary>
public sealed class RedisLanes : ILanes, IDisposable
{
    private const int AccountsPerLook = 100;
    private const int LooksMax = 50;
    private static readonly RedisKey _accounts = "waaspire:accounts:due";
    private static readonly RedisKey _sweepTurn = "waaspire:{sweep}:turn";
    private static readonly RedisKey _sweep = "waaspire:{sweep}";
    private static readonly RedisKey _probe = "waaspire:probe";
    private static readonly TimeSpan _probeLifetime = TimeSpan.FromMinutes(1);

    /// <summary>A signal that takes longer than this from its commit costs one look that finds nothing.</summary>
    private static readonly TimeSpan _lateSignal = TimeSpan.FromSeconds(30);
    private static readonly RedisChannel _wake = "waaspire:wake";

    /// <summary>Lanes that become due within this time are looked for together.</summary>
    private static readonly TimeSpan _together = TimeSpan.FromMilliseconds(5);

    private readonly IConnectionMultiplexer _redis;
    private readonly RedisCalls _calls;
    private readonly LaneOptions _options;
    private readonly TimeProvider _time;
    private readonly WakeUp _wakeUp = new();
    private int _subscribed;
    private long _nextDue = long.MaxValue;

    public RedisLanes(IConnectionMultiplexer redis, IOptions<LaneOptions> options, TimeProvider time)
    {
        _redis = redis;
        _options = options.Value;
        _calls = new RedisCalls(redis, _options.CallTimeout, time);
        _time = time;
    }

    private IDatabase Database => _redis.GetDatabase();

    public async Task SignalAsync(Lane lane, TimeSpan delay, DateTimeOffset? committedAt = null)
    {
        var due = (string?)await _calls.RunAsync(
            LaneScripts.Signal, KeysWithSeen(lane), lane.ThreadId, Milliseconds(delay), Microseconds(committedAt ?? DateTimeOffset.MaxValue));
        await NoticeAsync(lane.AccountId, due);
    }

    public async Task UnblockAsync(Lane lane)
    {
        var due = (string?)await _calls.RunAsync(LaneScripts.Unblock, Keys(lane.AccountId), lane.ThreadId);
        await NoticeAsync(lane.AccountId, due);
    }

    public async Task<IReadOnlyList<HeldLane>> AcquireAsync(int count, Func<string, bool> mayTake, Func<string, bool>? isElsewhere = null)
    {
        var taken = new List<HeldLane>();
        _nextDue = long.MaxValue;
        int? skip = 0;
        for (var look = 0; look < LooksMax && skip is { } passed; look++)
        {
            skip = await LookAsync(count, passed, mayTake, isElsewhere, taken);
        }

        return taken;
    }

    public async Task<IReadOnlyList<HeldLane>> RenewAsync(IReadOnlyCollection<HeldLane> held)
    {
        var lost = new List<HeldLane>();
        foreach (var account in held.GroupBy(lane => lane.Lane.AccountId))
        {
            RedisValue[] arguments = [Milliseconds(_options.Hold), .. account.SelectMany(lane => new RedisValue[] { lane.Lane.ThreadId, Token(lane) })];
            var gone = (RedisValue[])(await _calls.RunAsync(LaneScripts.Renew, Keys(account.Key), arguments))!;
            lost.AddRange(account.Where(lane => gone.Contains(lane.Lane.ThreadId)));
        }

        return lost;
    }

    public async Task<bool> ReleaseAsync(HeldLane held, LaneRelease release)
    {
        var (kind, delay) = release switch
        {
            LaneRelease.DueIn due => ("D", due.Delay),
            LaneRelease.Blocked blocked => ("B", blocked.Delay),
            _ => ("E", TimeSpan.Zero),
        };
        var answer = (RedisValue[])(await _calls.RunAsync(
            LaneScripts.Release, [.. KeysWithSeen(held.Lane), PaceScripts.PaceKey(held.Lane.AccountId)], held.Lane.ThreadId, Token(held), kind, Milliseconds(delay),
            Microseconds(release is LaneRelease.Empty empty ? empty.Seen : DateTimeOffset.MinValue), Milliseconds(_lateSignal)))!;
        await NoticeAsync(held.Lane.AccountId, answer[1]);
        return answer[0] == "1";
    }

    public async Task<SweepTurn?> TryTakeSweepAsync(TimeSpan turn)
    {
        var answer = (RedisValue[])(await _calls.RunAsync(LaneScripts.TakeSweep, [_sweepTurn, _sweep], Milliseconds(turn), Milliseconds(_options.SweepFromStartEvery)))!;
        if (answer.Length == 0)
        {
            return null;
        }

        var known = long.TryParse((string?)answer[1], CultureInfo.InvariantCulture, out var ticks);
        return new SweepTurn(known ? new DateTimeOffset(ticks, TimeSpan.Zero) : null, answer[0]!);
    }

    public Task SaveSweepCursorAsync(SweepTurn turn, DateTimeOffset cursor) => _calls.RunAsync(LaneScripts.SaveSweep, [_sweep], turn.Life, cursor.UtcTicks);

    public async Task RepairAsync(IReadOnlyCollection<string> accountIds)
    {
        foreach (var account in accountIds)
        {
            await NoticeAsync(account, (string?)await _calls.RunAsync(LaneScripts.Peek, [Keys(account)[0]]), wake: false);
        }
    }

    public async Task WakeAsync(string accountId) =>
        await NoticeAsync(accountId, (string?)await _calls.RunAsync(LaneScripts.Peek, [Keys(accountId)[0]]));

    public async Task WaitForSignalAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _subscribed, 1) == 0)
        {
            try
            {
                await _calls.GuardAsync(_redis.GetSubscriber().SubscribeAsync(_wake, (_, _) => _wakeUp.Set()));
            }
            catch (LanesUnavailableException)
            {
                // The next wait subscribes; until then the poll finds what a signal would have announced.
                Interlocked.Exchange(ref _subscribed, 0);
            }
        }

        var untilDue = TimeSpan.FromTicks(Math.Max(_nextDue - Ticks(), _together.Ticks));
        await _wakeUp.WaitAsync(untilDue < atMost ? untilDue : atMost, _time, cancellationToken);
    }

    /// <summary>Whether Redis answers and takes writes now.</summary>
    public async Task<bool> AnswersAsync()
    {
        try
        {
            // A write: a Redis that is full, or a replica since a failover, answers a ping and takes no lane.
            return await _calls.GuardAsync(Database.StringSetAsync(_probe, "written", _probeLifetime));
        }
        catch (LanesUnavailableException)
        {
            return false;
        }
    }

    public void Dispose() => _wakeUp.Set();

    private static RedisKey[] Keys(string account) => [$"waaspire:{{{account}}}:due", $"waaspire:{{{account}}}:state", $"waaspire:{{{account}}}:token"];

    private static RedisKey[] KeysWithSeen(Lane lane) => [.. Keys(lane.AccountId)[..2], $"waaspire:{{{lane.AccountId}}}:seen:{lane.ThreadId}"];

    private static RedisValue Milliseconds(TimeSpan span) => span.TotalMilliseconds.ToString("F3", CultureInfo.InvariantCulture);

    /// <summary>Firestore's times have microseconds; Lua's numbers hold them exactly for two centuries.</summary>
    private static RedisValue Microseconds(DateTimeOffset time) =>
        (time == DateTimeOffset.MaxValue ? 1L << 53 : (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture);

    private static RedisValue Token(HeldLane lane) => lane.Token.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// One round over the accounts that are due, the longest waiting first. They share what is free: one with a hundred
    /// thousand messages must not keep another's first one waiting. Null when it is not worth another look; else somebody has
    /// more than its share, or accounts that this worker may not take stood in front: the answer is how many of them stay there.
    /// </summary>
    private async Task<int?> LookAsync(int count, int skip, Func<string, bool> mayTake, Func<string, bool>? isElsewhere, List<HeldLane> taken)
    {
        var accounts = (RedisValue[])(await _calls.RunAsync(LaneScripts.DueAccounts, [_accounts], AccountsPerLook, skip))!;
        var (passed, putAside, hasMore) = (0, 0, false);
        ExpectDue(accounts[0]);
        for (var i = 1; i + 1 < accounts.Length && taken.Count < count; i += 2)
        {
            string account = accounts[i]!;
            if (mayTake(account))
            {
                var share = Math.Max(1, (count - taken.Count) / ((accounts.Length - i) / 2));
                hasMore |= await AcquireOfAccountAsync(account, accounts[i + 1], share, taken) == share;
                continue;
            }

            if (isElsewhere?.Invoke(account) == true)
            {
                passed++;
                continue;
            }

            await PostponeAsync(account, accounts[i + 1], "-1", _options.RefusedAccountRest);
            putAside++;
        }

        return taken.Count < count && (hasMore || (putAside + passed > 0 && accounts.Length / 2 == AccountsPerLook)) ? skip + passed : null;
    }

    private async Task<int> AcquireOfAccountAsync(string account, RedisValue seenScore, int count, List<HeldLane> taken)
    {
        var answer = (RedisValue[])(await _calls.RunAsync(LaneScripts.Acquire, [.. Keys(account), PaceScripts.PaceKey(account)], count, Milliseconds(_options.Hold)))!;
        for (var i = 1; i + 2 < answer.Length; i += 3)
        {
            taken.Add(new HeldLane(new Lane(account, answer[i]!), (long)answer[i + 1]) { TookOver = answer[i + 2] == "1" });
        }

        await PostponeAsync(account, seenScore, answer[0], TimeSpan.Zero);
        return answer.Length / 3;
    }

    private async Task PostponeAsync(string account, RedisValue seenScore, RedisValue due, TimeSpan delay) =>
        ExpectDue((RedisValue)await _calls.RunAsync(LaneScripts.Postpone, [_accounts], account, seenScore, due, Milliseconds(delay)));

    /// <summary>Nobody tells of a lane whose time comes: whoever waits for a signal waits no longer than until then.</summary>
    private void ExpectDue(RedisValue inMilliseconds)
    {
        if (double.Parse((string)inMilliseconds!, CultureInfo.InvariantCulture) is >= 0 and var delay)
        {
            _nextDue = Math.Min(_nextDue, Ticks() + TimeSpan.FromMilliseconds(delay).Ticks);
        }
    }

    private long Ticks() => _time.GetElapsedTime(0).Ticks;

    private async Task NoticeAsync(string account, string? due, bool wake = true)
    {
        if (due is null or "-1")
        {
            return;
        }

        await _calls.RunAsync(LaneScripts.Notice, [_accounts], account, due);
        if (wake)
        {
            await _calls.GuardAsync(Database.PublishAsync(_wake, account, CommandFlags.FireAndForget));
        }
    }
}
