using System.Globalization;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Pacing;

namespace WaAspire.Worker.Pacing;

/// <summary>The buckets that all workers share, in Redis, on Redis's clock: one Lua call takes from both or from none.</summary>
public sealed class RedisPacing(IConnectionMultiplexer redis, IOptions<PacingOptions> options, IOptions<LaneOptions> lanes, Random chance, TimeProvider time) : IPacing
{
    /// <summary>A row of outages that nothing was added to for so long is over.</summary>
    private static readonly TimeSpan _rowLifetime = TimeSpan.FromMinutes(10);

    private readonly RedisCalls _calls = new(redis, lanes.Value.CallTimeout, time);
    private readonly PacingOptions _options = options.Value;

    public async Task<PacingGrant> TakeAsync(PacedPair pair, int count)
    {
        RedisValue[] arguments =
        [
            count,
            .. BucketSize.OfAccount(pair.PerSecond, 1).ToArguments(),
            .. BucketSize.OfPair(_options).ToArguments(),
            Milliseconds(_options.RateRecovery),
            Milliseconds(pair.Gap.Exists ? pair.Gap.Next(chance.NextDouble()) : TimeSpan.Zero),
            pair.Gap.DailyCap,
        ];
        var answer = (RedisValue[])(await _calls.RunAsync(PaceScripts.Take, Keys(pair), arguments))!;
        return new PacingGrant((int)answer[0], Span((string?)answer[1])) { NumberRests = (int)answer[2] == 1 };
    }

    public Task GiveBackAsync(PacedPair pair, int count, bool accepted = false) =>
        _calls.RunAsync(PaceScripts.GiveBack, Keys(pair), count, accepted ? 1 : 0, pair.Gap.Exists ? 1 : 0);

    public Task LimitsChangedAsync(string accountId) => _calls.GuardAsync(redis.GetDatabase().HashDeleteAsync(PaceScripts.PaceKey(accountId), "free"));

    public async Task<TimeSpan> PairRefusedAsync(PacedPair pair) => Span((string?)await _calls.RunAsync(
        PaceScripts.PairRefused, [PaceScripts.PairKey(pair.AccountId, pair.Recipient)], Milliseconds(_options.PairPenalty), _options.PairPenaltySteps));

    public Task RateRefusedAsync(PacedPair pair) =>
        _calls.RunAsync(PaceScripts.RateRefused, [PaceScripts.PaceKey(pair.AccountId)], Milliseconds(_options.RateRecovery));

    public async Task<long> ProviderDownAsync(string accountId) =>
        (long)await _calls.RunAsync(PaceScripts.Down, [PaceScripts.PaceKey(accountId)], Milliseconds(_rowLifetime));

    public Task<bool> TryProbeAsync(string accountId, TimeSpan turn) =>
        _calls.GuardAsync(redis.GetDatabase().StringSetAsync(PaceScripts.ProbeKey(accountId), "taken", turn, When.NotExists));

    private static RedisKey[] Keys(PacedPair pair) => [PaceScripts.PaceKey(pair.AccountId), PaceScripts.PairKey(pair.AccountId, pair.Recipient)];

    private static RedisValue Milliseconds(TimeSpan span) => span.TotalMilliseconds.ToString("F3", CultureInfo.InvariantCulture);

    private static TimeSpan Span(string? milliseconds) => TimeSpan.FromMilliseconds(double.Parse(milliseconds!, CultureInfo.InvariantCulture));
}
