using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

[Collection(RunningSystemGroup.Name)]
public sealed class TwoWorkersTests(RunningSystem system)
{
    private const int Messages = 500;
    private const int Threads = 50;

    [Fact]
    public async Task two_workers_send_500_messages_over_50_threads_once_and_in_order()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(Threads);

        var told = await company.SendManyAsync(Messages, Threads);

        await OnceAndInOrder.AllSentAsync(company, told);
        OnceAndInOrder.AssertAll(company, told, await company.AcceptedAsync());
        var workers = (await company.AllOutboxAsync()).Values.Select(message => message.ClaimedBy).Distinct();
        Assert.Equal(2, workers.Count());
    }
}
