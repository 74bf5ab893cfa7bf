using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Flows;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Degraded;

/// <summary>One worker of the fleet stands still, and then goes on as if nothing had been.</summary>
[Collection(DegradedSystemGroup.Name)]
public sealed class WorkerTests(DegradedSystem system)
{
    [Fact]
    public async Task a_worker_that_is_frozen_for_130_seconds_comes_back_to_work_that_is_no_longer_its_own()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(DegradedSystem.Threads);
        var frozen = system.Replicas("worker").First(replica => replica.IsRunning);

        await using (await company.WithFaultsAsync(new { latency = 100 }))
        {
            var told = await company.SendManyAsync(
                DegradedSystem.Messages, DegradedSystem.Threads, number => number == DegradedSystem.Messages / 2 ? DegradedSystem.SignalAsync(frozen, "STOP") : Task.CompletedTask);
            try
            {
                await Task.Delay(Durations.Scaled(TimeSpan.FromSeconds(130)), TimeProvider.System);
            }
            finally
            {
                await DegradedSystem.SignalAsync(frozen, "CONT");
            }

            await SettledAsync(company, told);
            OnceAndInOrder.AssertNothingTwiceNothingOvertaken(company, told, await company.AcceptedAsync());
        }

        await system.WaitUntilHealthyAsync("worker");
    }

    /// <summary>
    /// What was on its way when the worker froze may never have reached WhatsApp; then it is in doubt, and the operator,
    /// who sees in WhatsApp's log that it is not there, has it sent.
    /// </summary>
    private static async Task SettledAsync(Company company, IReadOnlyDictionary<int, List<string>> told)
    {
        await Eventually.IsTrueAsync(
            async () =>
            {
                var outbox = await company.AllOutboxAsync();
                var accepted = (await company.AcceptedAsync()).Select(message => message.RequestId).ToHashSet();
                foreach (var doubtful in outbox.Values.Where(message => message.Status == OutboxStatus.Uncertain && !accepted.Contains(message.RequestId)))
                {
                    (await company.VerbAsync(doubtful.RequestId, "resend")).Dispose();
                }

                return told.Values.SelectMany(thread => thread).All(id => outbox[id].Status == OutboxStatus.Sent);
            },
            "everything is sent",
            TimeSpan.FromMinutes(5));
    }
}
