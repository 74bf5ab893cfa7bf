using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Leasing;
using WaAspire.Proxy;
using WaAspire.Proxy.Send;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Proxy;

public sealed class LaneBellTests
{
    private static readonly Lane _lane = new("account-1", "thread-1");

    [Fact]
    public async Task an_unblock_is_rung_until_redis_has_heard_it()
    {
        var server = new RedisServer();
        await server.StartAsync();
        using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        using var lanes = new RedisLanes(redis, Options.Create(new LaneOptions()), TimeProvider.System);
        using var metrics = new ProxyMetrics();
        using var bell = new LaneBell(
            new Lazy<ILanes>(lanes),
            metrics,
            Options.Create(new SendOptions { UnblockAgainEvery = TimeSpan.FromMilliseconds(50) }),
            TimeProvider.System,
            NullLogger<LaneBell>.Instance);
        await bell.StartAsync(CancellationToken.None);
        await server.StopAsync();

        bell.Unblock(_lane);
        await Eventually.IsTrueAsync(() => Task.FromResult(bell.Missed == 1), "it went wrong");
        await server.StartAsync();

        await Eventually.IsTrueAsync(
            async () =>
            {
                try
                {
                    return (await lanes.AcquireAsync(1, _ => true)).Any(held => held.Lane == _lane);
                }
                catch (LanesUnavailableException)
                {
                    return false;
                }
            },
            "the lane is due");
        await Eventually.IsTrueAsync(() => Task.FromResult(bell.Missed == 0), "nothing is left to tell");
        await bell.StopAsync(CancellationToken.None);
        await server.StopAsync();
    }

    [Fact]
    public async Task many_unblocks_that_redis_missed_keep_neither_the_others_nor_the_end_waiting()
    {
        var server = new RedisServer();
        await server.StartAsync();
        using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        using var lanes = new RedisLanes(redis, Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromMilliseconds(100) }), TimeProvider.System);
        using var metrics = new ProxyMetrics();
        using var bell = new LaneBell(
            new Lazy<ILanes>(lanes), metrics, Options.Create(new SendOptions { SignalsAtOnce = 2 }), TimeProvider.System, NullLogger<LaneBell>.Instance);
        await bell.StartAsync(CancellationToken.None);
        await server.StopAsync();
        for (var i = 0; i < 5; i++)
        {
            bell.Unblock(new Lane("account-1", $"thread-{i}"));
        }

        await Eventually.IsTrueAsync(() => Task.FromResult(bell.Missed == 5), "all went wrong");

        await bell.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
    }
}
