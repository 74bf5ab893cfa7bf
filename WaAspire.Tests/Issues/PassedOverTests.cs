using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Issues;

/// <summary>Messages that no lane knows and that the sweep's cursor has behind it would wait for ever.</summary>
[Collection(WorkerCollection.Name)]
public sealed class PassedOverTests(WorkerUnderTest worker)
{
    private static readonly SendFault _busy = new("131000", "Meta could not send it", true);

    [Fact]
    public async Task an_old_document_becomes_due_when_it_is_adopted_and_not_long_before()
    {
        await CommitOldAsync("adopted-late", "account__40700000001@s.whatsapp.net", TimeSpan.FromDays(-1));
        var found = await FindAsync("adopted-late");

        await AdoptAsync(found);

        // Whatever is due earlier than the trailing cursor was passed over by sweeps that ran before the adoption.
        Assert.True((await worker.ReadAsync("adopted-late")).NextAttemptAt >= found.ReadTime);
    }

    [Fact]
    public async Task an_old_document_that_was_to_wait_still_waits()
    {
        await CommitOldAsync("adopted-early", "account__40700000001@s.whatsapp.net", TimeSpan.FromDays(1));
        var found = await FindAsync("adopted-early");

        await AdoptAsync(found);

        Assert.Equal(OutboxDocument.Read(found.Documents[0]).NextAttemptAt, (await worker.ReadAsync("adopted-early")).NextAttemptAt);
    }

    [Fact]
    public async Task an_old_document_with_an_unlawful_thread_id_does_not_hold_up_the_others()
    {
        await CommitOldAsync("adopted-poison", "account__4070/0000001@s.whatsapp.net", TimeSpan.Zero);
        await CommitOldAsync("adopted-good", "account__40700000001@s.whatsapp.net", TimeSpan.Zero);

        await AdoptAsync(await FindAsync("adopted-poison", "adopted-good"));

        Assert.NotNull((await worker.ReadAsync("adopted-good")).Schema);
    }

    [Fact]
    public async Task a_released_message_that_its_slow_holder_queues_again_has_a_place_in_its_thread()
    {
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());
        await worker.OtherWorker.GetRequiredService<RescueExpiredClaim>().RescueAsync(await worker.ReadAsync(claimed.Message.RequestId), CancellationToken.None);
        await worker.CommitAsync(OutboxTransitions.Release(await worker.ReadAsync(claimed.Message.RequestId)));

        await worker.RecordAsync(claimed, new SendOutcome.RetryLater(TimeSpan.Zero, _busy, SpendsAttempt: true));

        var stored = await worker.ReadAsync(claimed.Message.RequestId);
        Assert.Equal(OutboxStatus.Queued, stored.Status);
        Assert.NotNull(stored.OrderAt);
    }

    [Fact]
    public async Task a_sweep_that_is_cut_inside_one_due_time_goes_on_with_the_rest_of_it()
    {
        var lanes = new LocalLanes(_ => true, TimeSpan.FromMinutes(1), TimeProvider.System);
        var sweep = ActivatorUtilities.CreateInstance<SweepLoop>(
            worker.Worker, lanes, Options.Create(new RecoveryOptions { PageSize = 4, PagesPerSweep = 1 }));
        // One group commit: six messages of six threads that became due in the same millisecond, and are known to be there by now.
        var due = worker.Worker.GetRequiredService<ServerClock>().Now - TimeSpan.FromHours(1);
        var threads = Enumerable.Range(0, 6).Select(i => $"account__4079000000{i}@s.whatsapp.net").ToArray();
        await worker.CommitAsync([.. threads.Select(thread => Queued(thread, due))]);

        for (var i = 0; i < 5; i++)
        {
            await sweep.SweepAsync(CancellationToken.None);
        }

        var found = (await lanes.AcquireAsync(10_000, _ => true)).Select(held => held.Lane.ThreadId).ToHashSet();
        Assert.Superset(threads.ToHashSet(), found);
    }

    private static DocumentWrite Queued(string threadId, DateTimeOffset due) => DocumentWrite.Set(
        FirestorePaths.OutboxMessage("tie-" + threadId[9..20]),
        new DocumentFields
        {
            [OutboxFields.Schema] = OutboxTransitions.CurrentSchema,
            [OutboxFields.AccountId] = "account",
            [OutboxFields.ThreadId] = threadId,
            [OutboxFields.Shard] = (long)OutboxShard.Of(threadId),
            [OutboxFields.Status] = OutboxStatusNames.Queued,
            [OutboxFields.OrderAt] = due,
            [OutboxFields.NextAttemptAt] = due,
        });

    private async Task CommitOldAsync(string id, string threadId, TimeSpan due)
    {
        var now = worker.Worker.GetRequiredService<ServerClock>().Now;
        await worker.CommitAsync([DocumentWrite.Set(
            FirestorePaths.OutboxMessage(id),
            new DocumentFields
            {
                [OutboxFields.AccountId] = "account",
                [OutboxFields.ThreadId] = threadId,
                [OutboxFields.ToJid] = "40700000001@s.whatsapp.net",
                [OutboxFields.Status] = OutboxStatusNames.Queued,
                [OutboxFields.NextAttemptAt] = now + due,
                [OutboxFields.CreatedAt] = now - TimeSpan.FromDays(2),
            })]);
    }

    private Task<DocumentsRead> FindAsync(params string[] ids) =>
        worker.Worker.GetRequiredService<IFirestore>().GetAsync([.. ids.Select(FirestorePaths.OutboxMessage)], "test", CancellationToken.None);

    private Task<int> AdoptAsync(DocumentsRead found) =>
        worker.Worker.GetRequiredService<LegacyMessages>().AdoptAsync(found.Documents, found.ReadTime, CancellationToken.None);
}
