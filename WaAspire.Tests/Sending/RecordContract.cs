using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Sending;

/// <summary>Step 7: what is recorded when nobody interferes, when somebody did, and when the store is silent.</summary>
public abstract class RecordContract(OutboxWorld worker)
{
    private static readonly SendFault _refused = new("131026", "Meta refused it", false);
    private static readonly SendFault _busy = new("131000", "Meta could not send it", true);

    [Fact]
    public async Task an_acceptance_ends_the_message_and_the_thread_shows_it()
    {
        var claimed = await ClaimAsync();

        await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"));

        var stored = await worker.ReadAsync(claimed.Message.RequestId);
        Assert.Equal((OutboxStatus.Sent, "wamid.1"), (stored.Status, stored.ProviderMessageId));
        Assert.Null(stored.NextAttemptAt);
        Assert.NotNull(stored.ClaimedBy);
        Assert.Equal("sent", await worker.ShownAsync(claimed.Message));
    }

    [Fact]
    public async Task the_next_claim_rides_in_the_same_commit_as_a_record_that_ends_its_message()
    {
        var claimed = await ClaimAsync();
        var next = await worker.QueueAsync(claimed.Message.ThreadId);

        var recorded = await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"), () => Prepare(next));

        var ended = await worker.FindAsync(claimed.Message.Path);
        Assert.Equal(ended!.UpdateTime, recorded.Next!.Fence);
        Assert.Equal(OutboxStatus.Processing, (await worker.ReadAsync(next.RequestId)).Status);
    }

    [Fact]
    public async Task no_claim_rides_with_a_record_that_keeps_its_message_in_the_lane()
    {
        var claimed = await ClaimAsync();
        var next = await worker.QueueAsync(claimed.Message.ThreadId);

        var recorded = await worker.RecordAsync(claimed, new SendOutcome.RetryLater(TimeSpan.FromSeconds(1), _busy, true), () => Prepare(next));

        Assert.Null(recorded.Next);
        Assert.Equal(OutboxStatus.Queued, (await worker.ReadAsync(next.RequestId)).Status);
    }

    [Fact]
    public async Task a_record_goes_alone_when_its_riding_claim_is_refused()
    {
        var claimed = await ClaimAsync();
        var next = await worker.QueueAsync(claimed.Message.ThreadId);
        await worker.CommitAsync([DocumentWrite.Update(next.Path, Precondition.Present, new DocumentFields { ["touched"] = true })]);

        var recorded = await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"), () => Prepare(next));

        Assert.Equal((OutboxStatus.Sent, null), (recorded.State, recorded.Next));
        Assert.Equal(OutboxStatus.Sent, (await worker.ReadAsync(claimed.Message.RequestId)).Status);
        Assert.Equal(OutboxStatus.Queued, (await worker.ReadAsync(next.RequestId)).Status);
    }

    [Fact]
    public async Task a_record_whose_reply_is_lost_is_read_back_with_its_riding_claim()
    {
        var claimed = await ClaimAsync();
        var next = await worker.QueueAsync(claimed.Message.ThreadId);
        await using var faults = await worker.LoseReplyAsync(claimed.Message.RequestId);

        var recorded = await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"), () => Prepare(next));

        Assert.Equal((await worker.ReadAsync(next.RequestId)).UpdateTime, recorded.Next!.Fence);
    }

    [Fact]
    public async Task an_acceptance_is_tried_again_until_it_is_stored()
    {
        var claimed = await ClaimAsync();
        await using var faults = await worker.FailCommitsAsync(4);

        var recorded = await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"));

        Assert.Equal(OutboxStatus.Sent, recorded.State);
        Assert.Equal("wamid.1", (await worker.ReadAsync(claimed.Message.RequestId)).ProviderMessageId);
    }

    [Fact]
    public async Task a_holder_that_was_only_slow_settles_the_doubt_by_its_acceptance()
    {
        var claimed = await RescuedAsync();

        await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"));

        Assert.Equal(OutboxStatus.Sent, (await worker.ReadAsync(claimed.Message.RequestId)).Status);
    }

    [Fact]
    public async Task a_holder_that_was_only_slow_settles_the_doubt_by_a_definite_refusal()
    {
        var claimed = await RescuedAsync();

        await worker.RecordAsync(claimed, new SendOutcome.Rejected(_refused));

        Assert.Equal(OutboxStatus.Failed, (await worker.ReadAsync(claimed.Message.RequestId)).Status);
    }

    [Fact]
    public async Task a_refusal_of_an_older_claim_changes_nothing_once_the_message_was_resent()
    {
        var claimed = await RescuedAsync();
        await worker.CommitAsync(OutboxTransitions.Resend(await worker.ReadAsync(claimed.Message.RequestId)));
        var newer = await worker.ClaimAsync(await worker.ReadAsync(claimed.Message.RequestId));

        await worker.RecordAsync(claimed, new SendOutcome.Rejected(_refused));

        var stored = await worker.ReadAsync(claimed.Message.RequestId);
        Assert.Equal((OutboxStatus.Processing, newer.ClaimId, newer.Fence), (stored.Status, stored.ClaimId, stored.UpdateTime));
    }

    [Fact]
    public async Task an_acceptance_of_an_older_claim_counts_and_the_newer_one_is_a_second_acceptance()
    {
        var claimed = await RescuedAsync();
        await worker.CommitAsync(OutboxTransitions.Resend(await worker.ReadAsync(claimed.Message.RequestId)));
        var newer = await worker.ClaimAsync(await worker.ReadAsync(claimed.Message.RequestId));

        await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"));
        var recorded = await worker.RecordAsync(newer, new SendOutcome.Accepted("wamid.2"));

        Assert.Equal(OutboxStatus.Sent, recorded.State);
        var stored = await worker.ReadAsync(claimed.Message.RequestId);
        Assert.Equal("wamid.1", stored.ProviderMessageId);
        Assert.Equal("wamid.2", Assert.Single(stored.SecondProviderMessageIds).AsString);
    }

    [Fact]
    public async Task a_receipt_that_comes_before_the_answer_is_the_proof_and_the_answer_changes_nothing()
    {
        var claimed = await ClaimAsync();
        await ReceiptAsync(claimed, "wamid.1", "delivered");
        var proven = await worker.ReadAsync(claimed.Message.RequestId);
        Assert.Equal(OutboxStatus.Sent, proven.Status);

        await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"));

        Assert.Equal(proven.UpdateTime, (await worker.ReadAsync(claimed.Message.RequestId)).UpdateTime);
        Assert.Equal("delivered", await worker.ShownAsync(claimed.Message));
    }

    [Fact]
    public async Task a_doubt_is_settled_by_a_receipt_also_by_one_that_says_failed()
    {
        foreach (var status in new[] { "sent", "delivered", "read", "failed" })
        {
            var claimed = await ClaimAsync();
            await worker.RecordAsync(claimed, new SendOutcome.Uncertain("no answer in time"));

            await ReceiptAsync(claimed, "wamid.1", status);

            var stored = await worker.ReadAsync(claimed.Message.RequestId);
            Assert.Equal((OutboxStatus.Sent, "wamid.1", status), (stored.Status, stored.ProviderMessageId, stored.DeliveryStatus));
            Assert.Equal(status, await worker.ShownAsync(claimed.Message));
        }
    }

    [Fact]
    public async Task a_failure_of_an_older_attempt_changes_nothing()
    {
        var older = await RescuedAsync();
        await worker.CommitAsync(OutboxTransitions.Resend(await worker.ReadAsync(older.Message.RequestId)));
        var newer = await worker.ClaimAsync(await worker.ReadAsync(older.Message.RequestId));

        await ReceiptAsync(older, "wamid.1", "failed");

        Assert.Equal(newer.Fence, (await worker.ReadAsync(older.Message.RequestId)).UpdateTime);
    }

    [Fact]
    public async Task without_a_copy_in_the_thread_the_outcome_is_recorded_and_no_ghost_is_made()
    {
        var claimed = await worker.ClaimAsync(await worker.QueueAsync(withCopy: false));

        await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.1"));

        Assert.Equal(OutboxStatus.Sent, (await worker.ReadAsync(claimed.Message.RequestId)).Status);
        Assert.Null(await worker.ShownAsync(claimed.Message));
    }

    [Fact]
    public async Task the_last_attempt_ends_as_a_dead_letter_and_one_that_does_not_count_never_does()
    {
        var claimed = await ClaimAsync();
        var last = claimed with { Message = claimed.Message with { AttemptCount = 5 } };

        var recorded = await worker.RecordAsync(last, new SendOutcome.RetryLater(TimeSpan.FromSeconds(1), _busy, SpendsAttempt: true));
        Assert.Equal(OutboxStatus.Failed, recorded.State);

        var other = await ClaimAsync();
        last = other with { Message = other.Message with { AttemptCount = 5 } };
        recorded = await worker.RecordAsync(last, new SendOutcome.RetryLater(TimeSpan.FromSeconds(1), _busy, SpendsAttempt: false));
        Assert.Equal(OutboxStatus.Queued, recorded.State);
        Assert.Equal(4, (await worker.ReadAsync(other.Message.RequestId)).AttemptCount);
    }

    private async Task<ClaimedMessage> ClaimAsync() => await worker.ClaimAsync(await worker.QueueAsync());

    private async Task<ClaimedMessage> RescuedAsync()
    {
        var claimed = await ClaimAsync();
        await worker.OtherWorker.GetRequiredService<RescueExpiredClaim>().RescueAsync(await worker.ReadAsync(claimed.Message.RequestId), CancellationToken.None);
        Assert.Equal(OutboxStatus.Uncertain, (await worker.ReadAsync(claimed.Message.RequestId)).Status);
        return claimed;
    }

    private PreparedClaim Prepare(OutboxDocument message) => worker.Worker.GetRequiredService<Claims>().Prepare(message);

    private async Task ReceiptAsync(ClaimedMessage claimed, string providerMessageId, string status)
    {
        var intake = ActivatorUtilities.CreateInstance<StatusIntake>(worker.Worker);
        var result = await intake.StoreAsync([new ProviderStatus(providerMessageId, status, DateTimeOffset.UnixEpoch, claimed.Opaque)], CancellationToken.None);
        Assert.Equal(0, result.Unknown);
    }
}

[Collection(WorkerCollection.Name)]
public sealed class RecordTests(WorkerUnderTest worker) : RecordContract(worker);
