using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Issues;

/// <summary>Lanes and messages that are not as they should be: moved, old, without a copy, or refused by the store.</summary>
[Collection(WorkerCollection.Name)]
public sealed class OddLaneTests(WorkerUnderTest worker)
{
    [Fact]
    public async Task a_message_is_never_sent_by_another_account_than_its_own()
    {
        var message = await worker.QueueAsync();
        await ConnectAsync("new-account");

        var release = await SendLaneAsync(new Lane("new-account", message.ThreadId!), new SendingOptions());

        Assert.IsType<LaneRelease.Blocked>(release);
        Assert.Equal(0, (await worker.ReadAsync(message.RequestId)).ClaimSeq);
    }

    [Fact]
    public async Task an_account_that_a_worker_has_not_read_yet_is_left_to_those_that_know_it()
    {
        var gate = worker.Worker.GetRequiredService<SendGate>();
        Assert.True(gate.IsElsewhere("account-that-just-appeared"));

        await ConnectAsync("account-that-just-appeared");

        Assert.False(gate.IsElsewhere("account-that-just-appeared"));
        Assert.True(gate.MayTake("account-that-just-appeared"));
    }

    [Fact]
    public async Task a_rescue_that_the_store_refuses_is_not_repeated_in_a_tight_loop()
    {
        await ConnectAsync("account");
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());
        await using var faults = await worker.WithFaultsAsync(
            new { failures = new[] { new { operation = "commit", status = "PERMISSION_DENIED", times = 1, contains = claimed.Message.RequestId } } });

        var release = await SendLaneAsync(claimed.Message.Lane, new SendingOptions { Lease = TimeSpan.Zero, Margin = TimeSpan.Zero });

        Assert.IsType<LaneRelease.Blocked>(release);
        Assert.Equal(OutboxStatus.Processing, (await worker.ReadAsync(claimed.Message.RequestId)).Status);
    }

    [Fact]
    public async Task a_head_that_waits_for_hours_does_not_block_its_lane_as_long_should_nobody_tell_that_it_was_canceled()
    {
        await ConnectAsync("account");
        var message = await worker.QueueAsync();
        await worker.CommitAsync([DocumentWrite.Update(
            message.Path, Precondition.Present, new DocumentFields { [OutboxFields.NextAttemptAt] = message.OrderAt!.Value.AddHours(4) })]);

        var release = Assert.IsType<LaneRelease.Blocked>(await SendLaneAsync(message.Lane, new SendingOptions()));

        Assert.Equal(new SendingOptions().DoubtRecheck, release.Delay);
    }

    [Fact]
    public async Task a_late_claim_that_could_not_be_given_back_is_looked_at_again()
    {
        var message = await worker.QueueAsync();
        var late = worker.Worker.GetRequiredService<Claims>().Prepare(message);
        var claims = worker.Worker.GetRequiredService<LateClaims>();
        claims.Remember(message.RequestId, late.ClaimId, late.Started);
        await worker.CommitAsync([late.Write]);
        await using var faults = await worker.WithFaultsAsync(
            new { failures = new[] { new { operation = "commit", status = "PERMISSION_DENIED", times = 1, contains = message.RequestId } } });

        await claims.ReviewAsync(CancellationToken.None);
        Assert.Equal(OutboxStatus.Processing, (await worker.ReadAsync(message.RequestId)).Status);
        await claims.ReviewAsync(CancellationToken.None);

        Assert.Equal(OutboxStatus.Queued, (await worker.ReadAsync(message.RequestId)).Status);
    }

    [Fact]
    public async Task a_receipt_proves_a_message_that_kept_the_id_of_the_old_system()
    {
        const string Id = "msg_1700000000000_x7-k";
        await worker.CommitAsync([DocumentWrite.Set(
            FirestorePaths.OutboxMessage(Id),
            new DocumentFields
            {
                [OutboxFields.Schema] = OutboxTransitions.CurrentSchema,
                [OutboxFields.AccountId] = "account",
                [OutboxFields.ThreadId] = "account__40700000000@s.whatsapp.net",
                [OutboxFields.Status] = OutboxStatusNames.Uncertain,
                [OutboxFields.ClaimSeq] = 1L,
            })]);

        await ActivatorUtilities.CreateInstance<StatusIntake>(worker.Worker)
            .StoreAsync([new ProviderStatus("wamid.old", "sent", DateTimeOffset.UnixEpoch, Id + ":1")], CancellationToken.None);

        Assert.Equal(OutboxStatus.Sent, (await worker.ReadAsync(Id)).Status);
    }

    [Fact]
    public async Task a_person_can_give_up_and_replay_a_message_whose_copy_is_gone()
    {
        var verbs = worker.Worker.GetRequiredService<OperatorVerbs>();
        var claimed = await worker.ClaimAsync(await worker.QueueAsync(withCopy: false));
        await worker.RecordAsync(claimed, new SendOutcome.Uncertain("no answer in time"));

        Assert.Equal(VerbResult.Done, (await verbs.FailAsync(claimed.Message.RequestId, CancellationToken.None)).Result);
        Assert.Equal(VerbResult.Done, (await verbs.ReplayAsync(claimed.Message.RequestId, true, CancellationToken.None)).Result);
        Assert.Equal(OutboxStatus.Queued, (await worker.ReadAsync(claimed.Message.RequestId)).Status);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("__x__")]
    public async Task an_unlawful_request_id_is_not_found(string requestId) => Assert.Equal(
        VerbResult.NotFound, (await worker.Worker.GetRequiredService<OperatorVerbs>().ResendAsync(requestId, CancellationToken.None)).Result);

    private async Task ConnectAsync(string accountId)
    {
        await worker.CommitAsync([DocumentWrite.Set(
            FirestorePaths.Account(accountId), new DocumentFields { ["provider"] = "cloud_api", ["status"] = "connected" })]);
        Assert.True(await worker.Worker.GetRequiredService<AccountDirectory>().LookUpAsync(accountId, CancellationToken.None));
    }

    private Task<LaneRelease> SendLaneAsync(Lane lane, SendingOptions options) => ActivatorUtilities
        .CreateInstance<MessageSender>(worker.Worker, Options.Create(options))
        .SendLaneAsync(new HeldLane(lane, 1), CancellationToken.None, CancellationToken.None);
}
