using System.Diagnostics;
using System.Net;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

[Collection(RunningSystemGroup.Name)]
public sealed class LostWorkerTests(RunningSystem system)
{
    private const int Messages = 200;
    private const int Threads = 20;

    [Fact]
    public async Task a_worker_killed_while_it_sends_leaves_nothing_twice_nothing_overtaken_and_only_lawful_doubt()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(Threads);
        var victim = system.Replicas("worker").First(replica => replica.IsRunning);

        // A slow provider keeps many messages on their way at the moment of the kill, and a few of them it never takes: with the
        // worker that waits for their answer gone, nobody can know that.
        await using (await company.WithFaultsAsync(new
        {
            latency = 100,
            faults = new[] { new { kind = "hang", phoneNumberId = company.PhoneNumberId, share = 0.05, times = 6, @for = 60_000 } },
        }))
        {
            var told = await company.SendManyAsync(Messages, Threads, number => number == Messages / 2 ? KillAsync(victim) : Task.CompletedTask);

            var doubtful = await SettledButForDoubtAsync(company, told);

            // At most one message of each lane was in the killed worker's hand, and WhatsApp has not seen those that are in doubt.
            Assert.All(told.Values, thread => Assert.InRange(thread.Count(doubtful.Contains), 0, 1));
            Assert.DoesNotContain(await company.AcceptedAsync(), message => doubtful.Contains(message.RequestId));

            foreach (var requestId in doubtful)
            {
                using var answer = await company.VerbAsync(requestId, "resend");
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }

            await OnceAndInOrder.AllSentAsync(company, told);
            OnceAndInOrder.AssertAll(company, told, await company.AcceptedAsync());
        }

        await system.CommandAsync(victim.Id, "start");
        await system.WaitUntilHealthyAsync("worker");
    }

    [Fact]
    public async Task a_worker_that_is_told_to_stop_finishes_what_it_has_and_leaves_no_doubt()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(Threads);
        var leaving = system.Replicas("worker").First(replica => replica.IsRunning);

        await using (await company.WithFaultsAsync(new { latency = 50 }))
        {
            var told = await company.SendManyAsync(Messages, Threads, number => number == Messages / 2 ? system.CommandAsync(leaving.Id, "stop") : Task.CompletedTask);

            var resent = await OnceAndInOrder.AllSentAsync(company, told);
            OnceAndInOrder.AssertAll(company, told, await company.AcceptedAsync());
            Assert.All((await company.AllOutboxAsync()).Values.Where(message => !resent.Contains(message.RequestId)), message => Assert.Equal(1, message.AttemptCount));
        }

        await system.CommandAsync(leaving.Id, "start");
        await system.WaitUntilHealthyAsync("worker");
    }

    /// <summary>Waits until every message is sent, in doubt, or waits behind a doubt; returns those in doubt.</summary>
    private static async Task<HashSet<string>> SettledButForDoubtAsync(Company company, IReadOnlyDictionary<int, List<string>> told)
    {
        HashSet<string> doubtful = [];
        await Eventually.IsTrueAsync(
            async () =>
            {
                var outbox = await company.AllOutboxAsync();
                doubtful = [.. outbox.Values.Where(message => message.Status == OutboxStatus.Uncertain).Select(message => message.RequestId)];
                return told.Values.All(thread => thread.SkipWhile(id => Is(outbox, id, OutboxStatus.Sent)) is var rest
                    && (!rest.Any() || (Is(outbox, rest.First(), OutboxStatus.Uncertain) && rest.Skip(1).All(id => Is(outbox, id, OutboxStatus.Queued)))));
            },
            "all is sent, in doubt, or behind a doubt",
            TimeSpan.FromMinutes(4));
        return doubtful;
    }

    private static bool Is(Dictionary<string, OutboxDocument> outbox, string requestId, OutboxStatus status) =>
        outbox.GetValueOrDefault(requestId)?.Status == status;

    private static async Task KillAsync(Replica replica)
    {
        using var process = Process.GetProcessById(replica.ProcessId);
        process.Kill();
        await process.WaitForExitAsync();
    }
}
