using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Leasing;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Issues;

/// <summary>Redis goes, comes back, forgets a part or refuses to write, each at the wrong moment.</summary>
public sealed class LostLanesTests(RedisServer server) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private static readonly Lane _lane = new("account-1", "thread-1");
    private static readonly TimeSpan _turn = TimeSpan.FromMilliseconds(1);
    private ConnectionMultiplexer _redis = null!;
    private RedisLanes _shared = null!;

    public async Task InitializeAsync()
    {
        await server.FlushAsync();
        _redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        _shared = new RedisLanes(_redis, Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromSeconds(10) }), TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        _shared.Dispose();
        await _redis.CloseAsync();
    }

    [Theory]
    [InlineData("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE")]
    [InlineData("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0")]
    public async Task a_redis_that_answers_but_takes_no_writes_counts_as_away(string spoil, string mend)
    {
        var lanes = Resilient();
        await TellServerAsync(spoil);
        try
        {
            await lanes.SignalAsync(_lane, TimeSpan.Zero);
            for (var i = 0; i < 20; i++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
                await lanes.AcquireAsync(0, _ => true);
                Assert.False(lanes.IsShared);
            }
        }
        finally
        {
            await TellServerAsync(mend);
        }
    }

    [Fact]
    public async Task a_flush_in_the_middle_of_a_sweep_does_not_leave_a_cursor_without_its_lanes()
    {
        var turn = (await _shared.TryTakeSweepAsync(_turn))!;
        await _shared.SaveSweepCursorAsync(turn, DateTimeOffset.UnixEpoch.AddDays(1));
        turn = await NextTurnAsync(_shared);
        await _shared.SignalAsync(_lane, TimeSpan.Zero);

        await server.FlushAsync();
        await _shared.SaveSweepCursorAsync(turn, DateTimeOffset.UnixEpoch.AddDays(2));

        Assert.Null((await NextTurnAsync(_shared)).Cursor);
    }

    [Fact]
    public async Task a_sweep_that_began_without_redis_leaves_no_cursor_in_a_redis_that_came_back_empty()
    {
        var lanes = Resilient();
        await server.StopAsync();
        var turn = (await lanes.TryTakeSweepAsync(_turn))!;
        await lanes.SignalAsync(_lane, TimeSpan.Zero);
        await server.StartAsync();
        await Eventually.IsTrueAsync(
            async () =>
            {
                await lanes.AcquireAsync(0, _ => true);
                return lanes.IsShared;
            },
            "the lanes are shared again");

        await lanes.SaveSweepCursorAsync(turn, DateTimeOffset.UnixEpoch.AddDays(1));

        Assert.Null((await NextTurnAsync(lanes)).Cursor);
    }

    [Fact]
    public async Task a_sweep_in_which_redis_was_lost_leaves_no_cursor_beside_the_lanes_of_this_worker_alone()
    {
        var lanes = Resilient();
        await _shared.SaveSweepCursorAsync((await _shared.TryTakeSweepAsync(_turn))!, DateTimeOffset.UnixEpoch.AddDays(1));
        var turn = await NextTurnAsync(lanes);
        Assert.NotNull(turn.Cursor);
        await server.StopAsync();
        await lanes.SignalAsync(_lane, TimeSpan.Zero);

        await lanes.SaveSweepCursorAsync(turn, DateTimeOffset.UnixEpoch.AddDays(2));

        Assert.Null((await NextTurnAsync(lanes)).Cursor);
        await server.StartAsync();
    }

    [Fact]
    public async Task now_and_then_a_sweep_starts_from_the_beginning_although_nothing_seems_lost()
    {
        using var lanes = new RedisLanes(_redis, Options.Create(new LaneOptions { SweepFromStartEvery = TimeSpan.FromMilliseconds(200), CallTimeout = TimeSpan.FromSeconds(10) }), TimeProvider.System);
        await lanes.SaveSweepCursorAsync(await NextTurnAsync(lanes), DateTimeOffset.UnixEpoch.AddDays(1));

        await Eventually.IsTrueAsync(async () => (await NextTurnAsync(lanes)).Cursor is null, "the cursor has expired");
    }

    [Fact]
    public async Task a_blocked_lane_that_lost_its_due_time_is_woken_by_a_signal()
    {
        await _shared.SignalAsync(_lane, TimeSpan.Zero);
        await _shared.ReleaseAsync(Assert.Single(await _shared.AcquireAsync(1, _ => true)), new LaneRelease.Blocked(TimeSpan.FromHours(1)));
        await _redis.GetDatabase().KeyDeleteAsync("waaspire:{account-1}:due");

        await _shared.SignalAsync(_lane, TimeSpan.Zero);

        Assert.Single(await _shared.AcquireAsync(1, _ => true));
    }

    [Fact]
    public async Task accounts_that_may_not_send_do_not_hide_one_that_may()
    {
        for (var i = 0; i < 250; i++)
        {
            await _shared.SignalAsync(new Lane($"disconnected-{i}", "thread"), TimeSpan.Zero);
        }

        await _shared.SignalAsync(_lane, TimeSpan.Zero);

        Assert.Equal(_lane, Assert.Single(await _shared.AcquireAsync(1, account => account == _lane.AccountId)).Lane);
    }

    private ResilientLanes Resilient() => new(
        _shared, _ => true, Options.Create(new LaneOptions { ProbeEvery = TimeSpan.FromMilliseconds(1), CallTimeout = TimeSpan.FromSeconds(10) }), TimeProvider.System, NullLogger<ResilientLanes>.Instance);

    private static Task<SweepTurn> NextTurnAsync(ILanes lanes) => Eventually.GetAsync(() => lanes.TryTakeSweepAsync(_turn), "a turn to sweep");

    private async Task TellServerAsync(string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"));
        var answer = new byte[64];
        Assert.StartsWith("+OK", Encoding.ASCII.GetString(answer, 0, await client.GetStream().ReadAsync(answer)), StringComparison.Ordinal);
    }
}
