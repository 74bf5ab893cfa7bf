using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Issues;

/// <summary>An outcome that Firestore will never take was tried for ever, and stopped its whole worker from claiming.</summary>
[Collection(WorkerCollection.Name)]
public sealed class RefusedForGoodTests(WorkerUnderTest worker)
{
    [Fact]
    public async Task a_copy_that_cannot_be_written_does_not_keep_the_outcome_from_its_record()
    {
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());
        await using var faults = await RefuseAsync(claimed, times: 1);

        await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"));

        Assert.Equal(OutboxStatus.Sent, (await worker.ReadAsync(claimed.Message.RequestId)).Status);
        Assert.Equal("queued", await worker.ShownAsync(claimed.Message));
    }

    [Fact]
    public async Task an_outcome_that_cannot_be_written_is_left_to_the_rescue()
    {
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());
        await using var faults = await RefuseAsync(claimed, times: 2);

        var recorded = await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"));

        Assert.Equal(OutboxStatus.Processing, recorded.State);
        Assert.Equal(claimed.Fence, (await worker.ReadAsync(claimed.Message.RequestId)).UpdateTime);
        Assert.False(worker.Worker.GetRequiredService<OutcomeRecorder>().HoldsOldAcceptance);
    }

    private Task<IAsyncDisposable> RefuseAsync(ClaimedMessage claimed, int times) => worker.WithFaultsAsync(
        new { failures = new[] { new { operation = "commit", status = "INVALID_ARGUMENT", times, contains = claimed.Message.RequestId } } });
}
