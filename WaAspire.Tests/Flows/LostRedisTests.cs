using Aspire.Hosting.Testing;
using StackExchange.Redis;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

[Collection(RunningSystemGroup.Name)]
public sealed class LostRedisTests(RunningSystem system)
{
    private const int Messages = 200;
    private const int Threads = 20;

    [Fact]
    public async Task a_flush_in_the_middle_loses_nothing_doubles_nothing_and_keeps_the_order()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(Threads);

        await using (await company.WithFaultsAsync(new { latency = 30 }))
        {
            var told = await company.SendManyAsync(Messages, Threads, number => number % 50 == 25 ? FlushAsync() : Task.CompletedTask);

            await OnceAndInOrder.AllSentAsync(company, told);
            OnceAndInOrder.AssertAll(company, told, await company.AcceptedAsync());
        }
    }

    [Fact]
    public async Task a_redis_that_is_away_for_20_seconds_loses_nothing_doubles_nothing_and_keeps_the_order()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(Threads);
        var redis = Assert.Single(system.Replicas("redis"));
        var back = Task.CompletedTask;

        var told = await company.SendManyAsync(Messages, Threads, async number =>
        {
            if (number == Messages / 4)
            {
                await system.CommandAsync(redis.Id, "stop");
                back = StartAfterAsync(redis.Id, Durations.Scaled(TimeSpan.FromSeconds(20)));
            }
        });

        await back;
        await OnceAndInOrder.AllSentAsync(company, told);
        OnceAndInOrder.AssertAll(company, told, await company.AcceptedAsync());
    }

    private async Task StartAfterAsync(string redisId, TimeSpan outage)
    {
        await Task.Delay(outage, TimeProvider.System);
        await system.CommandAsync(redisId, "start");
        await system.WaitUntilHealthyAsync("redis");
    }

    private async Task FlushAsync()
    {
        var connectionString = await system.App.GetConnectionStringAsync("redis");
        using var redis = await ConnectionMultiplexer.ConnectAsync(connectionString + ",allowAdmin=true");
        await redis.GetServer(redis.GetEndPoints()[0]).FlushAllDatabasesAsync();
    }
}
