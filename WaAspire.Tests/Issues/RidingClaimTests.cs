using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Issues;

/// <summary>A lost reply to a record with a riding claim, when a receipt was faster than the record.</summary>
[Collection(WorkerCollection.Name)]
public sealed class RidingClaimTests(WorkerUnderTest worker)
{
    [Fact]
    public async Task a_receipt_that_proves_the_message_does_not_prove_the_claim_that_rode_with_its_record()
    {
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());
        var next = await worker.QueueAsync(claimed.Message.ThreadId);
        await ReceiptAsync(claimed, "wamid.1");
        await using var faults = await worker.WithFaultsAsync(
            new { lostReplies = new[] { new { operation = "commit", times = 1, contains = claimed.Message.RequestId, beforeApply = true } } });

        var recorded = await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"), () => Prepare(next));

        // Believing in this claim would send a message that Firestore still offers to everybody.
        Assert.Equal(OutboxStatus.Queued, (await worker.ReadAsync(next.RequestId)).Status);
        Assert.Null(recorded.Next);
    }

    [Fact]
    public async Task a_riding_claim_that_is_read_back_is_fenced_by_its_own_document()
    {
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());
        var next = await worker.QueueAsync(claimed.Message.ThreadId);
        await using var faults = await worker.WithFaultsAsync(
            new { lostReplies = new[] { new { operation = "commit", times = 1, contains = claimed.Message.RequestId } } });

        var recorded = await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"), () => Prepare(next));

        Assert.Equal((await worker.ReadAsync(next.RequestId)).UpdateTime, recorded.Next!.Fence);
    }

    [Fact]
    public async Task a_second_acceptance_is_written_down_although_the_reply_is_lost_and_a_receipt_was_faster()
    {
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());
        await ReceiptAsync(claimed, "wamid.1");
        await using var faults = await worker.WithFaultsAsync(
            new { lostReplies = new[] { new { operation = "commit", times = 1, contains = claimed.Message.RequestId, beforeApply = true } } });

        await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.2"));

        Assert.True((await worker.ReadAsync(claimed.Message.RequestId)).HasProviderId("wamid.2"));
    }

    private PreparedClaim Prepare(OutboxDocument message) => worker.Worker.GetRequiredService<Claims>().Prepare(message);

    private async Task ReceiptAsync(ClaimedMessage claimed, string providerMessageId)
    {
        var intake = ActivatorUtilities.CreateInstance<StatusIntake>(worker.Worker);
        await intake.StoreAsync([new ProviderStatus(providerMessageId, "sent", DateTimeOffset.UnixEpoch, claimed.Opaque)], CancellationToken.None);
    }
}
