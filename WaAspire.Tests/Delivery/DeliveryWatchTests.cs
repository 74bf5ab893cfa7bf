using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Delivery;
using WaAspire.Worker.Recovery;

namespace WaAspire.Tests.Delivery;

[Collection(WorkerCollection.Name)]
public sealed class DeliveryWatchTests(WorkerUnderTest worker)
{
    private static int _accounts;
    private readonly string _account = $"delivery-account-{Interlocked.Increment(ref _accounts)}";

    [Theory]
    [InlineData(30, 20, 0, true)]
    [InlineData(30, 10, 10, true)]
    [InlineData(30, 10, 0, false)]
    [InlineData(10, 10, 0, false)]
    public async Task an_account_whose_share_of_delivered_messages_falls_is_degraded(int accepted, int late, int failed, bool degraded)
    {
        await SendAsync(accepted, late, failed);

        var seen = Assert.Single(await Watch.LookAsync(CancellationToken.None), account => account.AccountId == _account);

        Assert.Equal((accepted, late, failed, degraded), (seen.Accepted, seen.Late, seen.Failed, seen.Degraded));
        Assert.Equal(late, seen.Messages.Count);
        var shown = (await FirestoreOf.GetAsync([FirestorePaths.Account(_account)], "test", CancellationToken.None)).Documents[0].Fields.Map("delivery")!;
        Assert.Equal((late, degraded), (shown.Integer("late"), shown.Boolean("degraded")));
    }

    [Fact]
    public async Task a_look_that_finds_nothing_new_writes_nothing()
    {
        await SendAsync(25, 20, 0);
        await Watch.LookAsync(CancellationToken.None);
        var before = await ShownAsync();

        await Watch.LookAsync(CancellationToken.None);

        Assert.Equal(before, await ShownAsync());
    }

    [Fact]
    public async Task a_message_that_was_sent_just_now_is_not_late()
    {
        await SendAsync(25, 25, 0, TimeSpan.FromMinutes(1));

        Assert.DoesNotContain(await Watch.ListAsync(CancellationToken.None), account => account.AccountId == _account);
    }

    [Fact]
    public async Task a_repair_reads_past_its_first_page_and_says_where_to_go_on()
    {
        await SendAsync(accepted: 25, late: 25, failed: 0, TimeSpan.FromMinutes(30));
        await SendAsync(accepted: 120, late: 0, failed: 0, TimeSpan.FromMinutes(40), "delivered");
        DateTimeOffset? since = worker.Worker.GetRequiredService<ServerClock>().Now.AddMinutes(-45);

        // The account has no number to ask about, so that no question has an answer: what counts is who was asked for.
        var all = await RepairWith(new DeliveryOptions { SampleMax = 100 }).RepairAsync(_account, since, CancellationToken.None);
        var part = await RepairWith(new DeliveryOptions { SampleMax = 100, AskMax = 20 }).RepairAsync(_account, since, CancellationToken.None);
        var rest = await RepairWith(new DeliveryOptions { SampleMax = 100, AskMax = 20 }).RepairAsync(_account, part.GoOnAt, CancellationToken.None);

        Assert.Equal((25, 25), (all.Asked, all.Unanswered));
        Assert.Equal((20, 5), (part.Asked, rest.Asked));
    }

    private StatusRepair RepairWith(DeliveryOptions options)
    {
        var services = worker.Worker;
        var read = new SentMessages(FirestoreOf, Options.Create(options));
        return new StatusRepair(
            read, services.GetRequiredService<IMessageHistory>(), services.GetRequiredService<IStatusIntake>(), services.GetRequiredService<AccountDirectory>(),
            FirestoreOf, services.GetRequiredService<ServerClock>(), Options.Create(options));
    }

    private DeliveryWatch Watch => worker.Worker.GetRequiredService<DeliveryWatch>();

    private IFirestore FirestoreOf => worker.Worker.GetRequiredService<IFirestore>();

    private async Task<DateTimeOffset> ShownAsync() =>
        (await FirestoreOf.GetAsync([FirestorePaths.Account(_account)], "test", CancellationToken.None)).Documents[0].UpdateTime;

    private async Task SendAsync(int accepted, int late, int failed, TimeSpan? ago = null, string more = "")
    {
        var sentAt = worker.Worker.GetRequiredService<ServerClock>().Now - (ago ?? TimeSpan.FromMinutes(40));
        var writes = Enumerable.Range(0, accepted).Select(i => DocumentWrite.Set(FirestorePaths.OutboxMessage($"{_account}-{more}{i}"), new DocumentFields
        {
            [OutboxFields.AccountId] = _account,
            [OutboxFields.ThreadId] = $"{_account}__40700000001@s.whatsapp.net",
            [OutboxFields.Shard] = (long)OutboxShard.Of(_account),
            ["status"] = "sent",
            [OutboxFields.SentAt] = sentAt.AddSeconds(i),
            [OutboxFields.ProviderMessageId] = $"wamid.{_account}.{i}",
            [OutboxFields.DeliveryStatus] = i < late ? "sent" : i < late + failed ? "failed" : "delivered",
        }));
        Assert.IsType<CommitOutcome.Committed>(await FirestoreOf.CommitAsync(
            [DocumentWrite.Set(FirestorePaths.Account(_account), new DocumentFields { ["provider"] = "cloud_api" }), .. writes], "test", CancellationToken.None));
    }
}
