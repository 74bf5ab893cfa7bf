using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;

namespace WaAspire.Tests.Costs;

/// <summary>What a message costs up to <c>sent</c>. Nothing sweeps meanwhile and no receipt comes, so every figure is exact.</summary>
public sealed class MessageCostTests(MessageCostTests.WithoutSweeps system) : IClassFixture<MessageCostTests.WithoutSweeps>
{
    private const int Messages = 200;
    private const int Threads = 20;
    private const int InPages = 40;

    /// <summary>A signal that comes after its lane was given back costs a look that finds nothing.</summary>
    private const int OddReads = Messages / 20;

    [Fact]
    public async Task a_message_costs_3_outbox_writes_and_1_outbox_read_and_6_writes_in_all()
    {
        // Its pace stays out of it: a lane that is read a message at a time is read twice, see docs/operations.md.
        var company = await Company.OpenAsync(system);
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(company.AccountId), Precondition.Present, new DocumentFields { ["throughputPerSecond"] = 1000L }));
        await company.OpenThreadsAsync(Threads);
        await using var silent = await WithoutReceiptsAsync(company);

        await system.ResetWhenQuietAsync();
        for (var sent = Threads; sent <= Messages; sent += Threads)
        {
            await company.SendManyAsync(Threads, Threads);
            await Eventually.IsTrueAsync(async () => (await company.AcceptedAsync()).Count == sent, "WhatsApp has them all");
        }

        // A look into the outbox would be billed too; the last record follows at once.
        await Eventually.IsTrueAsync(async () => (await system.BillAsync()).Writes("outbox") == 3 * Messages, "the last one is recorded");
        var bill = await system.BillAsync();

        Assert.Equal(3 * Messages, bill.Writes("outbox"));
        Assert.Equal(2 * Messages, bill.Writes("threads/*/messages"));
        Assert.Equal(Messages, bill.Writes("threads"));
        Assert.InRange(bill.Reads("outbox"), 1, Messages + OddReads);
        Assert.InRange(bill.Reads("threads"), 1, Messages);
        Assert.All((await company.AllOutboxAsync()).Values, message => Assert.Equal(OutboxStatus.Sent, message.Status));
    }

    [Fact]
    public async Task a_message_of_a_lane_that_is_read_in_pages_is_read_once()
    {
        // More than a visit may send: each page ends with a message that is used only when the next one is known, and is kept till then.
        var company = await Company.OpenAsync(system);
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(company.AccountId), Precondition.Present, new DocumentFields { ["throughputPerSecond"] = 1000L }));
        await company.OpenThreadsAsync(1);
        await using var silent = await WithoutReceiptsAsync(company);
        for (var i = 1; i < InPages; i++)
        {
            await company.CommitAsync(OutboxWorld.QueuedWrites($"{company.AccountId}-{i:d3}", company.ThreadId(1), company.AccountId));
        }

        await system.ResetWhenQuietAsync();
        await company.SendAsync(1, "the last one, of which a signal tells");

        await Eventually.IsTrueAsync(async () => (await company.AcceptedAsync()).Count == InPages, "WhatsApp has them all");
        await Eventually.IsTrueAsync(async () => (await system.BillAsync()).Writes("outbox") >= (2 * InPages) + 1, "the last one is recorded");
        var expected = Enumerable.Range(1, InPages - 1).Select(i => $"{company.AccountId}-{i:d3}");
        Assert.Equal(expected, (await company.AcceptedAsync()).Select(message => message.RequestId).Take(InPages - 1));
        Assert.InRange((await system.BillAsync()).Reads("outbox"), InPages, InPages + InPages / 10);
    }

    [Fact]
    public async Task followers_of_a_blocked_head_cost_no_read_and_no_call_to_redis()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        await using var silent = await company.WithFaultsAsync(new
        {
            faults = new[] { new { kind = "drop", phoneNumberId = company.PhoneNumberId, times = 1 } },
        });
        var head = await company.SendAsync(1, "its outcome is unknown");
        await company.StateAsync(head, OutboxStatus.Uncertain);
        await system.ResetWhenQuietAsync();

        for (var i = 0; i < 20; i++)
        {
            await company.SendAsync(1, $"behind it {i}");
        }

        // The proxy tells of each after its answer.
        await Eventually.IsTrueAsync(async () => !(await CommandsAsync(TimeSpan.FromSeconds(1))).Any(IsOfThread), "the proxy has told of them all");
        var commands = await CommandsAsync(Durations.Scaled(TimeSpan.FromMinutes(1)));

        Assert.NotEmpty(commands);
        Assert.DoesNotContain(commands, command => IsOfThread(command));
        Assert.Equal(0, (await system.BillAsync()).Reads("outbox"));
        Assert.Empty(await company.AcceptedAsync());

        async Task<IReadOnlyList<string>> CommandsAsync(TimeSpan during) => [.. await system.RedisCommandsAsync(() => Task.Delay(during, TimeProvider.System))];
        bool IsOfThread(string command) => command.Contains(company.PhoneOf(1), StringComparison.Ordinal);
    }

    private static Task<IAsyncDisposable> WithoutReceiptsAsync(Company company) => company.WithFaultsAsync(new
    {
        webhooks = new[] { new { kind = "suppress", phoneNumberId = company.PhoneNumberId, share = 1.0 } },
    });

    public sealed class WithoutSweeps : CostSystem
    {
        /// <summary>Production's: a hold that runs out on a busy machine costs a second worker's look.</summary>
        protected override IEnumerable<KeyValuePair<string, string>> WorkerDurations => [];

        protected override void Configure(IResourceBuilder<ProjectResource> worker)
        {
            base.Configure(worker);
            worker.WithEnvironment("Recovery__SweepEvery", "00:05:00").WithEnvironment("Recovery__AdoptEvery", "01:00:00");
        }
    }
}
