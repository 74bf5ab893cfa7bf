using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Recovery;

namespace WaAspire.Tests.Issues;

/// <summary>A lane that is blocked for ten minutes, and whose cause went without anybody waking it.</summary>
[Collection(WorkerCollection.Name)]
public sealed class MissedWakeTests(WorkerUnderTest worker)
{
    private readonly LocalLanes _lanes = new(_ => true, TimeSpan.FromHours(1), TimeProvider.System);

    [Fact]
    public async Task a_proof_whose_reply_is_lost_wakes_the_lane()
    {
        var doubtful = await DoubtfulAsync();
        await BlockAsync(doubtful.Lane);
        using var statuses = ActivatorUtilities.CreateInstance<StatusIntake>(worker.Worker, _lanes);
        await using var faults = await worker.LoseReplyAsync(doubtful.RequestId);

        await statuses.StoreAsync([new ProviderStatus("wamid.proof", "sent", DateTimeOffset.UnixEpoch, doubtful.RequestId + ":1")], CancellationToken.None);

        Assert.Equal(OutboxStatus.Sent, (await worker.ReadAsync(doubtful.RequestId)).Status);
        Assert.Equal(doubtful.Lane, Assert.Single(await TakeAsync()).Lane);
    }

    [Fact]
    public async Task a_verb_whose_reply_is_lost_wakes_the_lane()
    {
        var doubtful = await DoubtfulAsync();
        await BlockAsync(doubtful.Lane);
        var verbs = ActivatorUtilities.CreateInstance<OperatorVerbs>(worker.Worker, _lanes);
        await using var faults = await worker.LoseReplyAsync(doubtful.RequestId);

        await verbs.FailAsync(doubtful.RequestId, CancellationToken.None);

        Assert.Equal(OutboxStatus.Failed, (await worker.ReadAsync(doubtful.RequestId)).Status);
        Assert.Equal(doubtful.Lane, Assert.Single(await TakeAsync()).Lane);
    }

    [Fact]
    public async Task the_sweep_wakes_a_blocked_lane_whose_head_is_due_again()
    {
        var doubtful = await DoubtfulAsync();
        await BlockAsync(doubtful.Lane);
        await worker.CommitAsync(OutboxTransitions.Resend(await worker.ReadAsync(doubtful.RequestId)));

        await ActivatorUtilities.CreateInstance<SweepLoop>(worker.Worker, _lanes).SweepAsync(CancellationToken.None);

        Assert.Contains(await TakeAsync(), held => held.Lane == doubtful.Lane);
    }

    [Fact]
    public async Task the_sweep_leaves_a_lane_alone_whose_followers_are_all_that_is_due()
    {
        var doubtful = await DoubtfulAsync();
        await worker.QueueAsync(doubtful.ThreadId);
        await BlockAsync(doubtful.Lane);

        await ActivatorUtilities.CreateInstance<SweepLoop>(worker.Worker, _lanes).SweepAsync(CancellationToken.None);

        Assert.DoesNotContain(await TakeAsync(), held => held.Lane == doubtful.Lane);
    }

    private async Task<OutboxDocument> DoubtfulAsync()
    {
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());
        await worker.RecordAsync(claimed, new SendOutcome.Uncertain("no answer in time"));
        return await worker.ReadAsync(claimed.Message.RequestId);
    }

    private async Task BlockAsync(Lane lane)
    {
        await _lanes.SignalAsync(lane, TimeSpan.Zero);
        await _lanes.GiveBackAsync(Assert.Single(await TakeAsync()), new LaneRelease.Blocked(TimeSpan.FromHours(1)));
        Assert.Empty(await TakeAsync());
    }

    private Task<IReadOnlyList<HeldLane>> TakeAsync() => _lanes.AcquireAsync(10_000, _ => true);
}
