using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Leasing;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Leasing;

public sealed class ResilientLanesTests
{
    private static readonly Lane _lane = new("account-1", "thread-1");

    [Fact]
    public async Task without_redis_a_worker_goes_on_alone_and_comes_back_when_redis_does()
    {
        var server = new RedisServer();
        await server.StartAsync();
        using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        var options = Options.Create(new LaneOptions { ProbeEvery = TimeSpan.FromMilliseconds(20), CallTimeout = TimeSpan.FromSeconds(5) });
        using var shared = new RedisLanes(redis, options, TimeProvider.System);
        var lanes = new ResilientLanes(shared, _ => true, options, TimeProvider.System, NullLogger<ResilientLanes>.Instance);
        await lanes.SignalAsync(_lane, TimeSpan.Zero);
        Assert.True(lanes.IsShared);

        await server.StopAsync();
        await lanes.SignalAsync(_lane, TimeSpan.Zero);
        Assert.False(lanes.IsShared);
        Assert.Single(await lanes.AcquireAsync(1, _ => true));
        Assert.Null((await lanes.TryTakeSweepAsync(TimeSpan.FromMinutes(1)))!.Cursor);

        await server.StartAsync();
        await Eventually.IsTrueAsync(
            async () =>
            {
                await lanes.AcquireAsync(1, _ => true);
                return lanes.IsShared;
            },
            "the lanes are shared again");
        await server.StopAsync();
    }

    [Fact]
    public async Task an_unblock_that_redis_missed_is_told_when_it_is_back()
    {
        var server = new RedisServer();
        await server.StartAsync();
        using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        var options = Options.Create(new LaneOptions { ProbeEvery = TimeSpan.FromMilliseconds(20), CallTimeout = TimeSpan.FromSeconds(5) });
        using var shared = new RedisLanes(redis, options, TimeProvider.System);
        var lanes = new ResilientLanes(shared, _ => false, options, TimeProvider.System, NullLogger<ResilientLanes>.Instance);
        await server.StopAsync();
        await lanes.UnblockAsync(_lane);
        Assert.False(lanes.IsShared);

        // Its lanes may be as they were: whoever was blocked there would be blocked still.
        await server.StartAsync();
        await Eventually.IsTrueAsync(async () => (await lanes.AcquireAsync(1, _ => true)).Any(held => held.Lane == _lane), "the lane is due there");

        Assert.True(lanes.IsShared);
        await server.StopAsync();
    }
}
