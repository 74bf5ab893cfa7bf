using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Sending;

/// <summary>Step 3: of all who want a message one gets it, whatever becomes of replies.</summary>
public abstract class ClaimContract(OutboxWorld worker)
{
    private Claims Claims => worker.Worker.GetRequiredService<Claims>();

    [Fact]
    public async Task a_claim_is_stored_before_anything_else_and_its_update_time_is_the_fence()
    {
        var message = await worker.QueueAsync();

        var claimed = await worker.ClaimAsync(message);

        var stored = await worker.ReadAsync(message.RequestId);
        Assert.Equal(OutboxStatus.Processing, stored.Status);
        Assert.Equal(stored.UpdateTime, claimed.Fence);
        Assert.Equal((1, 1), (stored.AttemptCount, stored.ClaimSeq));
        Assert.Equal(claimed.ClaimId, stored.ClaimId);
        Assert.Equal($"{message.RequestId}:1", claimed.Opaque);
    }

    [Fact]
    public async Task of_two_workers_one_gets_the_message_and_the_other_nothing()
    {
        for (var i = 0; i < 20; i++)
        {
            var message = await worker.QueueAsync();

            var claims = await Task.WhenAll(
                Claims.ClaimAsync(message, CancellationToken.None),
                worker.OtherWorker.GetRequiredService<Claims>().ClaimAsync(message, CancellationToken.None));

            Assert.Single(claims, claim => claim is not null);
        }
    }

    [Fact]
    public async Task a_claim_on_old_knowledge_is_refused()
    {
        var message = await worker.QueueAsync();
        await worker.CommitAsync([DocumentWrite.Update(message.Path, Precondition.Present, new DocumentFields { ["touched"] = true })]);

        Assert.Null(await Claims.ClaimAsync(message, CancellationToken.None));
        Assert.Equal(OutboxStatus.Queued, (await worker.ReadAsync(message.RequestId)).Status);
    }

    [Fact]
    public async Task a_claim_whose_reply_is_lost_is_read_back_and_goes_on()
    {
        var message = await worker.QueueAsync();
        await using var faults = await worker.LoseReplyAsync(message.RequestId);

        var claimed = await worker.ClaimAsync(message);

        Assert.Equal((await worker.ReadAsync(message.RequestId)).UpdateTime, claimed.Fence);
    }

    [Fact]
    public async Task a_claim_that_lands_late_is_given_back_and_its_attempt_refunded()
    {
        // The reply was lost and the read-back showed nothing; now the claim lands after all.
        var message = await worker.QueueAsync();
        var late = Claims.Prepare(message);
        worker.Worker.GetRequiredService<LateClaims>().Remember(message.RequestId, late.ClaimId, late.Started);
        await worker.CommitAsync([late.Write]);

        await worker.Worker.GetRequiredService<LateClaims>().ReviewAsync(CancellationToken.None);

        var stored = await worker.ReadAsync(message.RequestId);
        Assert.Equal(OutboxStatus.Queued, stored.Status);
        Assert.Equal((0, 1), (stored.AttemptCount, stored.ClaimSeq));
    }

    [Fact]
    public async Task somebody_elses_claim_is_not_given_back()
    {
        var message = await worker.QueueAsync();
        worker.Worker.GetRequiredService<LateClaims>().Remember(message.RequestId, "another-claim", TimeProvider.System.GetTimestamp());
        await worker.ClaimAsync(message);

        await worker.Worker.GetRequiredService<LateClaims>().ReviewAsync(CancellationToken.None);

        Assert.Equal(OutboxStatus.Processing, (await worker.ReadAsync(message.RequestId)).Status);
    }

    [Fact]
    public async Task a_claim_is_trusted_only_while_its_lease_leaves_time_for_the_longest_send()
    {
        var options = worker.Worker.GetRequiredService<IOptions<SendingOptions>>().Value;
        var window = options.Lease - options.SendTimeout - options.Margin;
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());

        Assert.True(Claims.IsTrusted(claimed));
        Assert.False(Claims.IsTrusted(claimed with { ClaimStarted = claimed.ClaimStarted - Ticks(window) }));
        Assert.True(Claims.IsTrusted(claimed with { ClaimStarted = claimed.ClaimStarted - Ticks(window - options.Margin) }));
    }

    private static long Ticks(TimeSpan span) => (long)(span.TotalSeconds * TimeProvider.System.TimestampFrequency);
}

[Collection(WorkerCollection.Name)]
public sealed class ClaimTests(WorkerUnderTest worker) : ClaimContract(worker);
