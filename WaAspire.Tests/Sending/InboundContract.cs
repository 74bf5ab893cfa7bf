using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Tests.Sending;

/// <summary>What people write is stored once, whoever brings it and whatever becomes of the commit's reply.</summary>
public abstract class InboundContract(OutboxWorld world)
{
    private static int _count;
    private readonly string _phone = $"4071{Interlocked.Increment(ref _count):d7}";

    [Fact]
    public async Task many_deliveries_at_once_to_two_processes_are_one_message()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => StoreAsync(i % 2 == 0 ? world.Worker : world.OtherWorker, "once")));

        Assert.Single(outcomes, InboundOutcome.Stored);
        Assert.Equal(1, await UnreadAsync());
    }

    [Fact]
    public async Task a_commit_whose_reply_is_lost_counts_once()
    {
        await using var faults = await world.LoseReplyAsync(_phone);

        await StoreAsync(world.Worker, "lost");
        await StoreAsync(world.OtherWorker, "lost");

        Assert.Equal(1, await UnreadAsync());
        Assert.NotNull(await world.FindAsync(FirestorePaths.ThreadMessage(Thread, Id("lost"))));
    }

    private string Thread => $"account__{_phone}@s.whatsapp.net";

    private string Id(string name) => $"wamid.{_phone}.{name}";

    private async Task<InboundOutcome> StoreAsync(IServiceProvider worker, string name)
    {
        Assert.True(Jid.TryParse($"{_phone}@s.whatsapp.net", out var contact));
        var message = new InboundMessage { AccountId = "account", ProviderMessageId = Id(name), Chat = contact, Type = "text", Body = "hello", Raw = "{}" };
        return (await worker.GetRequiredService<InboundProcessor>().StoreAsync([message], CancellationToken.None))[0];
    }

    private async Task<long?> UnreadAsync() => (await world.FindAsync(FirestorePaths.Thread(Thread)))?.Fields.Integer(ThreadFields.UnreadCount);
}

[Collection(WorkerCollection.Name)]
public sealed class InboundTests(WorkerUnderTest worker) : InboundContract(worker);
