using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Leasing;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Pacing;

namespace WaAspire.Tests.Pacing;

/// <summary>What every kind of pacing must do; rates are small, so that a bucket earns nothing while a test runs.</summary>
public abstract class PacingContract
{
    protected static readonly IOptions<PacingOptions> Limits = Options.Create(new PacingOptions { PairBurst = 5, PairInterval = TimeSpan.FromHours(1) });
    private static int _count;

    protected abstract IPacing Pacing { get; }

    [Fact]
    public async Task a_pair_may_burst_and_then_waits_for_what_one_message_earns()
    {
        var pair = Pair(perSecond: 1000);

        Assert.Equal(5, (await Pacing.TakeAsync(pair, 8)).Count);
        var refused = await Pacing.TakeAsync(pair, 1);

        Assert.Equal(0, refused.Count);
        Assert.InRange(refused.Wait, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task other_recipients_are_not_held_up()
    {
        var pair = Pair(perSecond: 1000);
        await Pacing.TakeAsync(pair, 5);

        Assert.Equal(3, (await Pacing.TakeAsync(pair with { Recipient = "another" }, 3)).Count);
    }

    [Fact]
    public async Task a_number_is_held_to_its_rate_over_all_recipients()
    {
        // 50 a second: a tenth of a second's worth may burst. Takers that ask at once share it, whoever they are.
        var pair = Pair(perSecond: 50);
        var started = TimeProvider.System.GetTimestamp();

        var grants = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Pacing.TakeAsync(pair with { Recipient = $"r{i}" }, 1)));

        var earned = TimeProvider.System.GetElapsedTime(started).TotalSeconds * 50;
        Assert.InRange(grants.Sum(grant => grant.Count), 5, 5 + Math.Ceiling(earned));
    }

    [Fact]
    public async Task those_who_are_turned_away_come_again_one_after_the_other()
    {
        var pair = Pair(perSecond: 10);
        await Pacing.TakeAsync(pair, 1);

        var waits = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            waits.Add((await Pacing.TakeAsync(pair with { Recipient = $"r{i}" }, 1)).Wait);
        }

        Assert.Equal(waits.Order(), waits);
        Assert.True(waits[^1] - waits[0] > TimeSpan.FromMilliseconds(200), $"{waits[0]} … {waits[^1]}");
    }

    [Fact]
    public async Task what_is_given_back_can_be_taken_again_and_never_more_than_the_bucket_holds()
    {
        var pair = Pair(perSecond: 1000);
        await Pacing.TakeAsync(pair, 5);
        await Pacing.GiveBackAsync(pair, 2);
        Assert.Equal(2, (await Pacing.TakeAsync(pair, 5)).Count);

        await Pacing.GiveBackAsync(pair, 50);
        Assert.Equal(5, (await Pacing.TakeAsync(pair, 50)).Count);
    }

    private static PacedPair Pair(int perSecond) => new($"account-{Interlocked.Increment(ref _count)}", perSecond, "recipient");
}

public sealed class RedisPacingTests(RedisServer server) : PacingContract, IClassFixture<RedisServer>, IAsyncLifetime
{
    private ConnectionMultiplexer _redis = null!;
    private RedisPacing _pacing = null!;

    protected override IPacing Pacing => _pacing;

    public async Task InitializeAsync()
    {
        _redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        _pacing = new RedisPacing(_redis, Limits, Options.Create(new LaneOptions()), TimeProvider.System);
    }

    public Task DisposeAsync() => _redis.CloseAsync();

    [Fact]
    public async Task two_workers_share_the_buckets()
    {
        var other = new RedisPacing(_redis, Limits, Options.Create(new LaneOptions()), TimeProvider.System);
        var pair = new PacedPair("shared-account", 1000, "recipient");

        Assert.Equal(3, (await _pacing.TakeAsync(pair, 3)).Count);
        Assert.Equal(2, (await other.TakeAsync(pair, 3)).Count);
    }
}

public sealed class LocalPacingTests : PacingContract
{
    private readonly ManualTime _time = new();
    private readonly LocalPacing _pacing;

    public LocalPacingTests() => _pacing = new LocalPacing(() => 1, Limits, _time);

    protected override IPacing Pacing => _pacing;

    [Fact]
    public async Task without_redis_each_worker_takes_its_share()
    {
        var half = new LocalPacing(() => 0.5, Limits, _time);

        Assert.Equal(4, (await half.TakeAsync(new PacedPair("account", 80, "recipient"), 8)).Count);
    }

    [Fact]
    public async Task a_bucket_earns_with_time()
    {
        var pair = new PacedPair("account", 10, "recipient");
        Assert.Equal(1, (await _pacing.TakeAsync(pair, 1)).Count);
        Assert.Equal(0, (await _pacing.TakeAsync(pair, 1)).Count);

        _time.Advance(TimeSpan.FromMilliseconds(101));

        Assert.Equal(1, (await _pacing.TakeAsync(pair, 1)).Count);
    }
}
