using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Pacing;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Pacing;

namespace WaAspire.Tests.Pacing;

/// <summary>What every kind of pacing must do; rates are small, so that a bucket earns nothing while a test runs.</summary>
public abstract class PacingContract
{
    protected static readonly IOptions<PacingOptions> Limits = Options.Create(new PacingOptions
    {
        PairBurst = 5,
        PairInterval = TimeSpan.FromHours(1),
        PairPenalty = TimeSpan.FromMinutes(1),
        RateRecovery = TimeSpan.FromHours(1),
    });
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
        // A bucket of one that earns one in a tenth of a second. Each turn lies a tenth behind the last one; between "before"
        // and "after" lies the moment at which it was given, however slow the machine.
        var pair = Pair(perSecond: 10);
        var step = TimeSpan.FromMilliseconds(99);
        var started = TimeProvider.System.GetTimestamp();
        TimeSpan? last = null;
        for (var i = 0; i < 20; i++)
        {
            var before = TimeProvider.System.GetElapsedTime(started);
            var grant = await Pacing.TakeAsync(pair with { Recipient = $"r{i}" }, 1);
            var after = TimeProvider.System.GetElapsedTime(started);
            if (grant.Count == 0)
            {
                Assert.True(last is null || after + grant.Wait - last >= step, $"{i}: {after + grant.Wait} comes too soon after {last}");
                last = before + grant.Wait;
            }
        }
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

    [Fact]
    public async Task a_recipient_that_was_written_to_too_often_rests_four_times_as_long_each_time()
    {
        var pair = Pair(perSecond: 1000);

        Assert.Equal([1, 4, 16, 64], await RestsAsync(pair, 4));
        var refused = await Pacing.TakeAsync(pair, 1);

        Assert.Equal(0, refused.Count);
        Assert.InRange(refused.Wait, TimeSpan.FromMinutes(63), TimeSpan.FromMinutes(64));
        Assert.Equal(1, (await Pacing.TakeAsync(pair with { Recipient = "another" }, 1)).Count);
    }

    [Fact]
    public async Task a_success_ends_the_rest_and_a_visit_without_one_does_not()
    {
        var pair = Pair(perSecond: 1000);
        await RestsAsync(pair, 2);

        await Pacing.GiveBackAsync(pair, 0, accepted: false);
        Assert.Equal(0, (await Pacing.TakeAsync(pair, 1)).Count);
        await Pacing.GiveBackAsync(pair, 0, accepted: true);

        Assert.Equal(1, (await Pacing.TakeAsync(pair, 1)).Count);
        Assert.Equal([1], await RestsAsync(pair, 1));
    }

    [Fact]
    public async Task a_rest_does_not_grow_beyond_its_last_step()
    {
        var rests = await RestsAsync(Pair(perSecond: 1000), 9);

        Assert.Equal([4096, 4096, 4096], rests.Skip(6));
    }

    [Fact]
    public async Task a_number_that_sent_too_fast_goes_on_at_half_its_rate_with_an_empty_bucket()
    {
        // One a second: the wait for the first message, with the time that has passed meanwhile, tells the rate.
        var (pair, half) = (Pair(perSecond: 1), TimeSpan.FromSeconds(1.99));
        var started = TimeProvider.System.GetTimestamp();

        await Pacing.RateRefusedAsync(pair);
        var grant = await Pacing.TakeAsync(pair, 1);

        var passed = TimeProvider.System.GetElapsedTime(started);
        Assert.True(grant.Wait + passed >= half, $"{grant} after {passed}");
        Assert.True(grant.Count == 0 || passed >= half, $"{grant} after {passed}");
    }

    [Fact]
    public async Task those_who_are_refused_together_slow_the_number_down_once()
    {
        var pair = Pair(perSecond: 1);
        var started = TimeProvider.System.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Pacing.RateRefusedAsync(pair)));

        // Refusals that lie more than a second apart are not "together".
        var together = TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(1);
        Assert.True(!together || (await Pacing.TakeAsync(pair, 1)).Wait <= TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task outages_are_counted_in_a_row_and_an_acceptance_ends_the_row()
    {
        var pair = Pair(perSecond: 1000);
        Assert.Equal(1, await Pacing.ProviderDownAsync(pair.AccountId));
        Assert.Equal(2, await Pacing.ProviderDownAsync(pair.AccountId));

        await Pacing.GiveBackAsync(pair, 0, accepted: true);

        Assert.Equal(1, await Pacing.ProviderDownAsync(pair.AccountId));
    }

    [Fact]
    public async Task one_at_a_time_may_try_whether_the_provider_is_back()
    {
        var pair = Pair(perSecond: 1000);

        Assert.True(await Pacing.TryProbeAsync(pair.AccountId, TimeSpan.FromHours(1)));
        Assert.False(await Pacing.TryProbeAsync(pair.AccountId, TimeSpan.FromHours(1)));
        Assert.True(await Pacing.TryProbeAsync(Pair(perSecond: 1000).AccountId, TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task an_account_with_a_gap_sends_one_message_and_then_waits_for_the_gap_and_its_jitter()
    {
        var pair = Pair(perSecond: 1000) with { Gap = new SendGap(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(5), 0) };

        Assert.Equal(1, (await Pacing.TakeAsync(pair, 5)).Count);
        var second = await Pacing.TakeAsync(pair with { Recipient = "another" }, 1);
        var third = await Pacing.TakeAsync(pair with { Recipient = "a third" }, 1);

        Assert.Equal((0, 0), (second.Count, third.Count));
        Assert.InRange(second.Wait, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(15));
        Assert.True(third.Wait >= second.Wait + TimeSpan.FromMinutes(9), $"{second.Wait}, {third.Wait}");
    }

    [Fact]
    public async Task a_message_that_was_let_through_and_not_sent_leaves_no_gap()
    {
        var pair = Pair(perSecond: 1000) with { Gap = new SendGap(TimeSpan.FromHours(1), TimeSpan.Zero, 1) };
        Assert.Equal(1, (await Pacing.TakeAsync(pair, 1)).Count);

        await Pacing.GiveBackAsync(pair, 1);

        Assert.Equal(1, (await Pacing.TakeAsync(pair, 1)).Count);
        Assert.Equal(0, (await Pacing.TakeAsync(pair, 1)).Count);
    }

    [Fact]
    public async Task a_daily_cap_puts_the_rest_off_until_midnight()
    {
        var pair = Pair(perSecond: 1000) with { Gap = new SendGap(TimeSpan.Zero, TimeSpan.Zero, 3) };
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, (await Pacing.TakeAsync(pair with { Recipient = $"r{i}" }, 1)).Count);
        }

        var refused = await Pacing.TakeAsync(pair, 1);

        Assert.Equal(0, refused.Count);
        Assert.InRange(refused.Wait, TimeSpan.Zero, TimeSpan.FromDays(1));
    }

    [Fact]
    public void defaults_are_the_providers_published_limits_and_a_careful_gap()
    {
        var options = new PacingOptions();
        var account = new Account("a", "cloud_api", "connected", "1", false, 20);

        Assert.Equal((80, 45, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(1)), (options.DefaultPerSecond, options.PairBurst, options.PairInterval, options.PairPenalty));
        Assert.Equal(20, PacedPair.Of(account, "t", options).PerSecond);
        Assert.False(PacedPair.Of(account, "t", options).Gap.Exists);
        var person = PacedPair.Of(account with { Provider = "baileys", DailyCap = 7 }, "t", options);
        Assert.Equal(new SendGap(options.BaileysGap, options.BaileysGapJitter, 7), person.Gap);
    }

    private async Task<IReadOnlyList<int>> RestsAsync(PacedPair pair, int count)
    {
        var rests = new List<int>();
        for (var i = 0; i < count; i++)
        {
            rests.Add((int)Math.Round((await Pacing.PairRefusedAsync(pair)).TotalMinutes));
        }

        return rests;
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
        _pacing = new RedisPacing(_redis, Limits, Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromMinutes(1) }), new Random(1), TimeProvider.System);
    }

    public Task DisposeAsync() => _redis.CloseAsync();

    [Fact]
    public async Task two_workers_share_the_buckets()
    {
        var other = new RedisPacing(_redis, Limits, Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromMinutes(1) }), new Random(1), TimeProvider.System);
        var pair = new PacedPair("shared-account", 1000, "recipient");

        Assert.Equal(3, (await _pacing.TakeAsync(pair, 3)).Count);
        Assert.Equal(2, (await other.TakeAsync(pair, 3)).Count);
    }

    [Fact]
    public async Task as_many_lanes_are_taken_as_the_number_has_visits_to_spend()
    {
        // Two a second, one at a time. A lane that is only turned away costs seven calls and sends nothing, and a backlog has thousands.
        var pair = new PacedPair("account-with-a-backlog", 2, "thread-0");
        using var lanes = new RedisLanes(_redis, Options.Create(new LaneOptions { Hold = TimeSpan.FromMinutes(5), CallTimeout = TimeSpan.FromMinutes(1) }), TimeProvider.System);
        foreach (var thread in Enumerable.Range(0, 50))
        {
            await lanes.SignalAsync(new Lane(pair.AccountId, $"thread-{thread}"), TimeSpan.Zero);
        }

        var started = TimeProvider.System.GetTimestamp();
        Assert.Equal(1, (await _pacing.TakeAsync(pair, 4)).Count);
        var taken = 0;
        for (var look = 0; look < 20; look++)
        {
            taken += (await lanes.AcquireAsync(8, account => account == pair.AccountId)).Count;
        }

        var earned = TimeProvider.System.GetElapsedTime(started).TotalSeconds * 2;
        Assert.InRange(taken, 0, 1 + (int)earned);
    }

    [Fact]
    public async Task a_number_that_has_nothing_left_gets_its_lanes_back_when_it_earned_a_visit()
    {
        var pair = new PacedPair("account-that-earns", 2, "thread-0");
        using var lanes = new RedisLanes(_redis, Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromMinutes(1) }), TimeProvider.System);
        await lanes.SignalAsync(new Lane(pair.AccountId, "thread-1"), TimeSpan.Zero);
        Assert.Equal(1, (await _pacing.TakeAsync(pair, 4)).Count);

        while ((await lanes.AcquireAsync(8, account => account == pair.AccountId)).Count == 0)
        {
            await lanes.WaitForSignalAsync(TimeSpan.FromHours(1), CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        }
    }

    [Fact]
    public async Task a_daily_cap_that_is_raised_acts_at_once()
    {
        var pair = new PacedPair("account-with-a-cap", 1000, "thread-0") { Gap = new SendGap(TimeSpan.Zero, TimeSpan.Zero, 1) };
        using var lanes = new RedisLanes(_redis, Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromMinutes(1) }), TimeProvider.System);
        await lanes.SignalAsync(new Lane(pair.AccountId, "thread-1"), TimeSpan.Zero);
        Assert.Equal(1, (await _pacing.TakeAsync(pair, 4)).Count);
        Assert.Empty(await lanes.AcquireAsync(8, account => account == pair.AccountId));

        await _pacing.LimitsChangedAsync(pair.AccountId);
        await lanes.WakeAsync(pair.AccountId);

        Assert.Single(await lanes.AcquireAsync(8, account => account == pair.AccountId));
        Assert.Equal(1, (await _pacing.TakeAsync(pair with { Recipient = "thread-1", Gap = pair.Gap with { DailyCap = 2 } }, 4)).Count);
    }

    [Fact]
    public async Task a_lane_that_the_cap_turned_away_need_not_wait_itself()
    {
        var pair = new PacedPair("account-with-a-cap-reached", 1000, "thread-0") { Gap = new SendGap(TimeSpan.Zero, TimeSpan.Zero, 1) };
        await _pacing.TakeAsync(pair, 4);

        Assert.True((await _pacing.TakeAsync(pair, 4)).NumberRests);
    }

    [Fact]
    public async Task what_was_given_back_lets_the_next_lane_be_taken_at_once()
    {
        var pair = new PacedPair("account-that-gives-back", 1, "thread-0");
        using var lanes = new RedisLanes(_redis, Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromMinutes(1) }), TimeProvider.System);
        await lanes.SignalAsync(new Lane(pair.AccountId, "thread-1"), TimeSpan.Zero);
        await _pacing.TakeAsync(pair, 1);
        await _pacing.GiveBackAsync(pair, 1);

        Assert.Single(await lanes.AcquireAsync(8, account => account == pair.AccountId));
    }

    [Fact]
    public async Task what_a_number_receives_counts_and_never_waits()
    {
        // One a second, and a debt of one second at most: a storm of inbound messages does not end sending for long.
        var pair = new PacedPair("receiving-account", 1, "recipient");
        var inbound = new InboundPace(_redis, Limits);

        inbound.Spend(pair.AccountId, 1000, pair.PerSecond);
        inbound.Spend(pair.AccountId, 0, pair.PerSecond);
        await Eventually.IsTrueAsync(async () => await _redis.GetDatabase().KeyExistsAsync(PaceScripts.PaceKey(pair.AccountId)), "the bucket is taken from");

        Assert.Equal(-1, (double)await _redis.GetDatabase().HashGetAsync(PaceScripts.PaceKey(pair.AccountId), "tokens"));
    }

    [Fact]
    public async Task what_a_number_receives_is_taken_from_the_bucket_that_it_sends_from()
    {
        var pair = new PacedPair("both-ways", 40, "recipient");
        var inbound = new InboundPace(_redis, Limits);
        await _pacing.TakeAsync(pair, 1);
        await _redis.GetDatabase().HashSetAsync(PaceScripts.PaceKey(pair.AccountId), "rate", "0.000001");

        inbound.Spend(pair.AccountId, 2);

        await Eventually.IsTrueAsync(
            async () => (double)await _redis.GetDatabase().HashGetAsync(PaceScripts.PaceKey(pair.AccountId), "tokens") < 1.1, "the same bucket holds two less");
    }

    [Fact]
    public void an_intake_without_redis_does_not_notice()
    {
        using var away = ConnectionMultiplexer.Connect("127.0.0.1:1,abortConnect=false,connectRetry=0,connectTimeout=100");

        new InboundPace(away, Limits).Spend("account", 5);
    }

    [Fact]
    public async Task the_rest_of_a_recipient_is_known_to_all_workers()
    {
        var other = new RedisPacing(_redis, Limits, Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromMinutes(1) }), new Random(1), TimeProvider.System);
        var pair = new PacedPair("resting-account", 1000, "recipient");

        await _pacing.PairRefusedAsync(pair);

        Assert.Equal(0, (await other.TakeAsync(pair, 1)).Count);
        Assert.Equal(2, await Twice(() => other.ProviderDownAsync(pair.AccountId)));
    }

    private static async Task<long> Twice(Func<Task<long>> call)
    {
        await call();
        return await call();
    }
}

public sealed class LocalPacingTests : PacingContract
{
    private readonly ManualTime _time = new();
    private readonly LocalPacing _pacing;

    public LocalPacingTests() => _pacing = new LocalPacing(() => 1, Limits, new Random(1), _time);

    protected override IPacing Pacing => _pacing;

    [Fact]
    public async Task without_redis_each_worker_takes_its_share()
    {
        var half = new LocalPacing(() => 0.5, Limits, new Random(1), _time);

        Assert.Equal(4, (await half.TakeAsync(new PacedPair("account", 80, "recipient"), 8)).Count);
    }

    [Fact]
    public async Task a_share_shrinks_when_more_workers_live_and_grows_when_they_have_gone()
    {
        var share = 1.0;
        var pacing = new LocalPacing(() => share, Limits, new Random(1), _time);
        Assert.Equal(1, (await pacing.TakeAsync(new PacedPair("account", 80, "first"), 1)).Count);

        share = 0.25;
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(2, (await pacing.TakeAsync(new PacedPair("account", 80, "second"), 4)).Count);

        share = 1.0;
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(4, (await pacing.TakeAsync(new PacedPair("account", 80, "third"), 4)).Count);
    }

    [Fact]
    public async Task a_rate_that_was_lowered_recovers()
    {
        var pair = new PacedPair("account", 10, "recipient");
        await _pacing.RateRefusedAsync(pair);
        Assert.Equal(200, (await _pacing.TakeAsync(pair, 1)).Wait.TotalMilliseconds, 1);

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, (await _pacing.TakeAsync(pair, 1)).Count);

        Assert.Equal(100, (await _pacing.TakeAsync(pair, 1)).Wait.TotalMilliseconds, 1);
    }

    [Fact]
    public async Task a_new_day_has_a_new_cap()
    {
        var pair = new PacedPair("account", 10, "recipient") { Gap = new SendGap(TimeSpan.Zero, TimeSpan.Zero, 1) };
        Assert.Equal(1, (await _pacing.TakeAsync(pair, 1)).Count);
        var refused = await _pacing.TakeAsync(pair, 1);
        Assert.Equal(TimeSpan.FromHours(12), refused.Wait);

        _time.Advance(refused.Wait);

        Assert.Equal(1, (await _pacing.TakeAsync(pair, 1)).Count);
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
