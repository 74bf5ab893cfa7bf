using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Issues;

/// <summary>Many messages of one thread, scheduled for the same time, and an account that may send one at a time.</summary>
[Collection(WorkerCollection.Name)]
public sealed class SameTimeTests(WorkerUnderTest worker)
{
    private const int Messages = 40;

    [Fact]
    public async Task the_first_accepted_is_the_head_however_few_the_gate_lets_through()
    {
        var thread = $"account__same-time-{Guid.NewGuid():n}";
        var ids = Enumerable.Range(0, Messages).Select(i => $"{Messages - i:d2}{Guid.NewGuid():n}").ToList();
        foreach (var id in ids)
        {
            await worker.CommitAsync([Scheduled(id, thread)]);
        }

        var head = await worker.Worker.GetRequiredService<LaneHeads>().ReadAsync(new("account", thread), 1, null, CancellationToken.None);

        Assert.Equal(ids[0], head.First!.RequestId);
    }

    [Fact]
    public async Task what_comes_in_while_a_page_is_in_hand_goes_before_what_is_scheduled_for_later()
    {
        // The page ends with the scheduled one, which is kept until the next one is known.
        var thread = $"account__kept-{Guid.NewGuid():n}";
        var heads = worker.Worker.GetRequiredService<LaneHeads>();
        var first = await worker.QueueAsync(thread, withCopy: false);
        await worker.QueueAsync(thread, withCopy: false);
        await worker.CommitAsync([Scheduled($"later-{Guid.NewGuid():n}", thread, first.OrderAt!.Value.AddHours(1))]);
        var head = await heads.ReadAsync(new("account", thread), 2, null, CancellationToken.None);
        Assert.Equal(2, head.Messages.Count);

        // The two go out, and a third one is accepted meanwhile.
        foreach (var sent in head.Messages)
        {
            await worker.CommitAsync([DocumentWrite.Update(sent.Path, Precondition.Present, new DocumentFields { [OutboxFields.Status] = OutboxStatusNames.Sent })]);
        }

        var third = await worker.QueueAsync(thread, withCopy: false);

        var next = await heads.ReadAsync(new("account", thread), 2, head.Behind(2), CancellationToken.None);

        Assert.Equal(third.RequestId, next.First!.RequestId);
    }

    private static DocumentWrite Scheduled(string requestId, string thread, DateTimeOffset? at = null) => DocumentWrite.Create(
        FirestorePaths.OutboxMessage(requestId),
        new DocumentFields
        {
            [OutboxFields.RequestId] = requestId,
            [OutboxFields.Schema] = OutboxTransitions.CurrentSchema,
            [OutboxFields.AccountId] = "account",
            [OutboxFields.ThreadId] = thread,
            [OutboxFields.Status] = OutboxStatusNames.Queued,
            [OutboxFields.OrderAt] = at ?? new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
        });
}
