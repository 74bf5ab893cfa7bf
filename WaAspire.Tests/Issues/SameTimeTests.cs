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

    private static DocumentWrite Scheduled(string requestId, string thread) => DocumentWrite.Create(
        FirestorePaths.OutboxMessage(requestId),
        new DocumentFields
        {
            [OutboxFields.RequestId] = requestId,
            [OutboxFields.Schema] = OutboxTransitions.CurrentSchema,
            [OutboxFields.AccountId] = "account",
            [OutboxFields.ThreadId] = thread,
            [OutboxFields.Status] = OutboxStatusNames.Queued,
            [OutboxFields.OrderAt] = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
        });
}
