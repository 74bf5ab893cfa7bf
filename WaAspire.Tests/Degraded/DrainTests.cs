using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Flows;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Degraded;

/// <summary>A worker is told to stop while 200 messages are on their way. At production's durations, because they are the promise.</summary>
public sealed class DrainTests(DrainTests.UnhurriedSystem system) : IClassFixture<DrainTests.UnhurriedSystem>
{
    private const int InFlight = 200;
    private static readonly TimeSpan _lease = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _exit = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task answers_that_come_within_5_seconds_are_waited_for_and_nobody_waits_for_a_lease()
    {
        var company = await OpenAsync();
        var (leaving, other) = await WorkersAsync();
        await DegradedSystem.SignalAsync(other, "STOP");
        await using var slow = await company.WithFaultsAsync(new { latency = 4000 });
        var told = await company.SendManyAsync(2 * InFlight, InFlight);
        await AllAskedAsync(company);

        await DegradedSystem.SignalAsync(other, "CONT");
        await LeaveAsync(leaving, "answers within 5 s");

        Assert.Empty(await DegradedSystem.AssertKeptAsync(company, told));
        Assert.All((await company.AllOutboxAsync()).Values, message => Assert.Equal(1, message.AttemptCount));
        var stored = (await company.AllStoredAsync()).ToDictionary(document => document.Id, document => document.Fields);
        Assert.All(told.Values, thread => Assert.True(Gap(stored[thread[0]], stored[thread[1]]) < _lease / 2));
        await system.CommandAsync(leaving.Id, "start");
        await system.WaitUntilHealthyAsync("worker");
    }

    [Fact]
    public async Task of_a_provider_that_hangs_exactly_the_unanswered_are_in_doubt()
    {
        var company = await OpenAsync();
        var (leaving, _) = await WorkersAsync();
        await using var hanging = await company.WithFaultsAsync(new
        {
            latency = 4000,
            faults = new[] { new { kind = "hang", phoneNumberId = company.PhoneNumberId, times = InFlight / 2, @for = 120_000 } },
        });
        var told = await company.SendManyAsync(InFlight, InFlight);
        await AllAskedAsync(company);

        await LeaveAsync(leaving, "half of them hang");

        await Eventually.IsTrueAsync(
            async () => (await company.AllOutboxAsync()).Values.All(message => message.Status is OutboxStatus.Sent or OutboxStatus.Uncertain),
            "everything is sent or in doubt",
            TimeSpan.FromMinutes(4));
        var accepted = (await company.AcceptedAsync()).Select(message => message.RequestId).ToHashSet();
        var doubtful = (await company.AllOutboxAsync()).Values.Where(message => message.Status == OutboxStatus.Uncertain).Select(message => message.RequestId);
        Assert.Equal(InFlight / 2, accepted.Count);
        Assert.Equal(told.Values.Select(thread => thread[0]).Where(id => !accepted.Contains(id)).Order(), doubtful.Order());
        await system.CommandAsync(leaving.Id, "start");
        await system.WaitUntilHealthyAsync("worker");
    }

    private static TimeSpan Gap(DocumentFields first, DocumentFields second) =>
        second.Timestamp(OutboxFields.ClaimedAt)!.Value - first.Timestamp(OutboxFields.SentAt)!.Value;

    private static async Task LeaveAsync(Replica leaving, string what)
    {
        using var process = Process.GetProcessById(leaving.ProcessId);
        var watch = Stopwatch.StartNew();
        await DegradedSystem.SignalAsync(leaving, "TERM");
        await process.WaitForExitAsync();
        Assert.True(watch.Elapsed < _exit, $"{what}: gone after {watch.Elapsed}");
    }

    private static Task AllAskedAsync(Company company) => Eventually.IsTrueAsync(
        async () => (await company.AllOutboxAsync()).Values.Count(message => message.Status != OutboxStatus.Queued) >= InFlight, "200 are on their way");

    private async Task<Company> OpenAsync()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(InFlight);
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(company.AccountId), Precondition.Present, new DocumentFields { ["throughputPerSecond"] = 1000L }));
        return company;
    }

    private async Task<(Replica Leaving, Replica Other)> WorkersAsync()
    {
        var workers = system.Replicas("worker").Where(replica => replica.IsRunning).ToList();
        return (workers[0], workers[1]);
    }

    public sealed class UnhurriedSystem : RunningSystem
    {
        protected override IEnumerable<KeyValuePair<string, string>> WorkerDurations => [];

        protected override void Configure(IResourceBuilder<ProjectResource> worker)
        {
            base.Configure(worker);
            worker.WithEnvironment("Sending__MaxLanes", "256").WithEnvironment("Sending__LanesPerAcquire", "32");
        }
    }
}
