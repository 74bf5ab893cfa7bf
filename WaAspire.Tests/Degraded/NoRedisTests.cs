using WaAspire.Tests.Flows;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Degraded;

/// <summary>Redis is a hint: the system starts without it, works without it, and uses it from the moment it is there.</summary>
public sealed class NoRedisTests(NoRedisTests.SystemWithoutRedis system) : IClassFixture<NoRedisTests.SystemWithoutRedis>
{
    [Fact]
    public async Task a_system_that_starts_without_redis_sends_once_and_in_order_and_goes_on_when_redis_comes()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(DegradedSystem.Threads);
        var told = await company.SendManyAsync(DegradedSystem.Messages, DegradedSystem.Threads);
        await DegradedSystem.AssertKeptAsync(company, told);

        await system.Redis.StartAsync();
        var more = await company.SendManyAsync(DegradedSystem.Messages, DegradedSystem.Threads);
        foreach (var (thread, requestIds) in more)
        {
            told[thread].AddRange(requestIds);
        }

        await DegradedSystem.AssertKeptAsync(company, told);
    }

    public sealed class SystemWithoutRedis : RunningSystem, IAsyncLifetime
    {
        public RedisServer Redis { get; } = new();

        protected override string[] Arguments => [$"--ConnectionStrings:redis={Redis.ConnectionString}"];

        async Task IAsyncLifetime.DisposeAsync()
        {
            await DisposeAsync();
            await Redis.StopAsync();
        }
    }
}
