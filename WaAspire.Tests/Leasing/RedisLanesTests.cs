using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Leasing;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Leasing;

public sealed class RedisLanesTests(RedisServer server) : LanesContract, IClassFixture<RedisServer>, IAsyncLifetime
{
    private static readonly Lane _lane = new("account-1", "thread-1");
    private ConnectionMultiplexer _redis = null!;
    private RedisLanes _lanes = null!;

    protected override ILanes Lanes => _lanes;

    public async Task InitializeAsync()
    {
        await server.FlushAsync();
        _redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        _lanes = new RedisLanes(_redis, Options.Create(new LaneOptions { Hold = Hold, RefusedAccountRest = Hold / 4, CallTimeout = TimeSpan.FromMinutes(1) }), TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        _lanes.Dispose();
        await _redis.CloseAsync();
    }

    [Fact]
    public async Task one_worker_of_the_fleet_gets_the_turn_to_sweep()
    {
        var turns = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _lanes.TryTakeSweepAsync(TimeSpan.FromMinutes(1))));

        Assert.Single(turns, turn => turn is not null);
    }

    [Fact]
    public async Task a_flush_loses_holds_and_cursor_together_and_the_holder_notices()
    {
        await _lanes.SignalAsync(_lane, TimeSpan.Zero);
        var held = Assert.Single(await _lanes.AcquireAsync(1, _ => true));
        await _lanes.SaveSweepCursorAsync((await _lanes.TryTakeSweepAsync(TimeSpan.FromMinutes(1)))!, DateTimeOffset.UnixEpoch);

        await server.FlushAsync();

        Assert.Single(await _lanes.RenewAsync([held]));
        Assert.False(await _lanes.ReleaseAsync(held, new LaneRelease.Empty(DateTimeOffset.MinValue)));
        Assert.Null((await _lanes.TryTakeSweepAsync(TimeSpan.FromMinutes(1)))!.Cursor);
        await _lanes.SignalAsync(_lane, TimeSpan.Zero);
        Assert.True(Assert.Single(await _lanes.AcquireAsync(1, _ => true)).Token > held.Token);
    }

    [Fact]
    public async Task a_signal_that_comes_after_its_message_was_seen_wakes_nobody_but_a_later_one_does()
    {
        var seen = new DateTimeOffset(2026, 1, 31, 12, 0, 0, 123, 456, TimeSpan.Zero);
        await _lanes.SignalAsync(_lane, TimeSpan.Zero, seen);
        await _lanes.ReleaseAsync(Assert.Single(await _lanes.AcquireAsync(1, _ => true)), new LaneRelease.Empty(seen));

        await _lanes.SignalAsync(_lane, TimeSpan.Zero, seen);
        Assert.Empty(await _lanes.AcquireAsync(1, _ => true));

        await _lanes.SignalAsync(_lane, TimeSpan.Zero, seen.AddMicroseconds(1));
        await _lanes.ReleaseAsync(Assert.Single(await _lanes.AcquireAsync(1, _ => true)), new LaneRelease.Empty(seen));
        await _lanes.SignalAsync(_lane, TimeSpan.Zero);
        Assert.Single(await _lanes.AcquireAsync(1, _ => true));
    }

    [Fact]
    public async Task an_account_that_another_worker_sends_for_stays_due_for_that_one()
    {
        await _lanes.SignalAsync(_lane, TimeSpan.Zero);
        using var other = new RedisLanes(_redis, Options.Create(new LaneOptions { Hold = Hold, RefusedAccountRest = TimeSpan.FromMinutes(1) }), TimeProvider.System);

        Assert.Empty(await other.AcquireAsync(1, _ => false, account => account == "account-1"));

        Assert.Single(await _lanes.AcquireAsync(1, _ => true));
    }

    [Fact]
    public async Task accounts_that_others_send_for_do_not_hide_those_that_wait_behind_them()
    {
        // A linked account without a session stays due for as long as its messages wait: nobody puts it aside.
        await Task.WhenAll(Enumerable.Range(0, 250).Select(i => _lanes.SignalAsync(new Lane($"linked-{i}", "thread"), TimeSpan.Zero)));
        await _lanes.SignalAsync(_lane, TimeSpan.Zero);

        var taken = await _lanes.AcquireAsync(1, account => account == _lane.AccountId, account => account != _lane.AccountId);

        Assert.Equal(_lane, Assert.Single(taken).Lane);
    }

    [Fact]
    public async Task a_lost_list_of_accounts_is_repaired()
    {
        await _lanes.SignalAsync(_lane, TimeSpan.Zero);
        await _redis.GetDatabase().KeyDeleteAsync("waaspire:accounts:due");
        Assert.Empty(await _lanes.AcquireAsync(1, _ => true));

        await _lanes.RepairAsync(["account-1", "account-without-lanes"]);

        Assert.Single(await _lanes.AcquireAsync(1, _ => true));
    }

    [Fact]
    public async Task a_signal_between_look_and_take_is_not_lost()
    {
        // Many signals race with many takers; after the last signal every lane must be in somebody's hand.
        Lane[] lanes = [.. Enumerable.Range(0, 60).Select(i => new Lane("account-1", $"thread-{i}"))];
        var taken = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        var signals = Task.WhenAll(lanes.Select(lane => _lanes.SignalAsync(lane, TimeSpan.Zero)));
        await Eventually.IsTrueAsync(
            async () =>
            {
                foreach (var held in await _lanes.AcquireAsync(3, _ => true))
                {
                    taken[held.Lane.ThreadId] = true;
                    await _lanes.ReleaseAsync(held, new LaneRelease.Empty(DateTimeOffset.MinValue));
                }

                return taken.Count == lanes.Length;
            },
            "every signalled lane was taken");
        await signals;
    }

    [Fact]
    public async Task who_waits_for_a_signal_is_back_when_the_time_of_a_lane_comes()
    {
        // Nobody tells of it: without this wake-up a number with a backlog sends one bucket's worth for each poll, whatever its rate.
        await _lanes.SignalAsync(_lane, TimeSpan.FromSeconds(1));
        IReadOnlyList<HeldLane> taken;
        while ((taken = await _lanes.AcquireAsync(1, _ => true)).Count == 0)
        {
            // The first wait may end with the ring of the signal itself.
            await _lanes.WaitForSignalAsync(TimeSpan.FromHours(1), CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        }

        Assert.Equal(_lane, Assert.Single(taken).Lane);
    }

    [Fact]
    public async Task who_waits_is_back_when_an_account_that_was_put_aside_may_be_asked_again()
    {
        using var lanes = new RedisLanes(_redis, Options.Create(new LaneOptions { RefusedAccountRest = TimeSpan.FromMilliseconds(500) }), TimeProvider.System);
        await _lanes.SignalAsync(_lane, TimeSpan.Zero);
        Assert.Empty(await lanes.AcquireAsync(1, _ => false));

        while ((await lanes.AcquireAsync(1, _ => true)).Count == 0)
        {
            await lanes.WaitForSignalAsync(TimeSpan.FromHours(1), CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        }
    }

    /// <summary>Redis's clock cannot be moved, so everything that waits for it is moved towards it.</summary>
    protected override Task PassAsync(TimeSpan time) => _redis.GetDatabase().ScriptEvaluateAsync(
        """
        for _, key in ipairs(redis.call('KEYS', '*due')) do
          for _, lane in ipairs(redis.call('ZRANGE', key, 0, -1)) do
            redis.call('ZINCRBY', key, -tonumber(ARGV[1]), lane)
          end
        end
        """,
        values: [time.TotalMilliseconds]);
}

public sealed class LocalLanesTests : LanesContract
{
    private readonly ManualTime _time = new();
    private readonly LocalLanes _lanes;

    public LocalLanesTests() => _lanes = new LocalLanes(_ => true, Hold, _time);

    protected override ILanes Lanes => _lanes;

    [Fact]
    public async Task only_the_lanes_of_this_instance_are_taken()
    {
        var mine = new Lane("account-1", "mine");
        var lanes = new LocalLanes(lane => lane == mine, Hold, _time);
        await lanes.SignalAsync(new Lane("account-1", "theirs"), TimeSpan.Zero);
        await lanes.SignalAsync(mine, TimeSpan.Zero);

        Assert.Equal(mine, Assert.Single(await lanes.AcquireAsync(10, _ => true)).Lane);
    }

    [Fact]
    public async Task who_waits_for_a_signal_is_back_when_the_time_of_a_lane_comes()
    {
        var lane = new Lane("account-1", "thread-1");
        await _lanes.SignalAsync(lane, TimeSpan.Zero);
        await _lanes.WaitForSignalAsync(TimeSpan.FromHours(1), CancellationToken.None);
        await _lanes.ReleaseAsync(Assert.Single(await _lanes.AcquireAsync(1, _ => true)), new LaneRelease.Blocked(TimeSpan.FromSeconds(3)));

        var wait = _lanes.WaitForSignalAsync(TimeSpan.FromHours(1), CancellationToken.None);
        Assert.False(wait.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(3));

        await wait.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        Assert.Single(await _lanes.AcquireAsync(1, _ => true));
    }

    protected override Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }
}
