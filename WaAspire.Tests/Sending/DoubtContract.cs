using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Sending;

/// <summary>How a doubt ends without proof, and each reason for which it does not.</summary>
public abstract class DoubtContract(OutboxWorld worker)
{
    private TimeSpan Quiet => worker.Worker.GetRequiredService<IOptions<SendingOptions>>().Value.QuietPeriod;

    [Fact]
    public async Task a_doubt_says_when_a_policy_may_decide_about_it()
    {
        var doubtful = await DoubtfulAsync();

        Assert.InRange((doubtful.NextAttemptAt - doubtful.DoubtSince)!.Value, Quiet - TimeSpan.FromSeconds(30), Quiet + TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData(UnknownOutcomePolicy.Hold, OutboxStatus.Uncertain)]
    [InlineData(UnknownOutcomePolicy.ResendAfterSilence, OutboxStatus.Uncertain)]
    [InlineData(UnknownOutcomePolicy.Resend, OutboxStatus.Queued)]
    [InlineData(UnknownOutcomePolicy.Fail, OutboxStatus.Failed)]
    public async Task a_policy_decides_after_the_quiet_period(UnknownOutcomePolicy policy, OutboxStatus status)
    {
        var doubtful = await DoubtfulAsync();

        Assert.False(await SettleAsync(doubtful, policy, Quiet));
        Assert.Equal(status != OutboxStatus.Uncertain, await SettleAsync(doubtful, policy, Quiet + TimeSpan.FromSeconds(1)));

        var stored = await worker.ReadAsync(doubtful.RequestId);
        Assert.Equal(status, stored.Status);
        Assert.Equal(status != OutboxStatus.Uncertain, stored.OutcomeUnknown);
        Assert.Equal(doubtful.OrderAt, stored.OrderAt);
        Assert.Equal(doubtful.AttemptCount, stored.AttemptCount);
    }

    [Fact]
    public async Task a_message_that_is_sent_again_and_again_without_an_answer_is_given_up()
    {
        var doubtful = await DoubtfulAsync(attempts: 5);

        Assert.True(await SettleAsync(doubtful, UnknownOutcomePolicy.Resend));

        var stored = await worker.ReadAsync(doubtful.RequestId);
        Assert.Equal((OutboxStatus.Failed, "unknown_outcome"), (stored.Status, stored.Failure!.Text("code")));
        Assert.Equal("failed", await worker.ShownAsync(stored));
    }

    [Theory]
    [InlineData(UnknownOutcomePolicy.Resend)]
    [InlineData(UnknownOutcomePolicy.Fail)]
    public async Task what_a_person_released_waits_for_a_person(UnknownOutcomePolicy policy)
    {
        var doubtful = await DoubtfulAsync();
        await worker.CommitAsync(OutboxTransitions.Release(doubtful));

        Assert.False(await SettleAsync(await worker.ReadAsync(doubtful.RequestId), policy));
        Assert.Null((await worker.ReadAsync(doubtful.RequestId)).NextAttemptAt);
    }

    [Fact]
    public async Task what_expired_in_doubt_stays_in_doubt()
    {
        var doubtful = await DoubtfulAsync();
        await ChangeAsync(doubtful, OutboxFields.ExpiresAt, doubtful.DoubtSince!.Value);

        Assert.False(await SettleAsync(await worker.ReadAsync(doubtful.RequestId), UnknownOutcomePolicy.Resend));
        Assert.Equal(OutboxStatus.Uncertain, (await worker.ReadAsync(doubtful.RequestId)).Status);
    }

    [Fact]
    public async Task a_proof_that_came_first_wins()
    {
        var doubtful = await DoubtfulAsync();
        await worker.CommitAsync(OutboxTransitions.Sent(doubtful, "wamid.1"));

        Assert.False(await SettleAsync(doubtful, UnknownOutcomePolicy.Resend));
        Assert.Equal(OutboxStatus.Sent, (await worker.ReadAsync(doubtful.RequestId)).Status);
    }

    [Fact]
    public async Task silence_resends_once_and_only_on_the_cloud_api()
    {
        var doubtful = await DoubtfulAsync();
        await BeSilentAsync(doubtful);

        Assert.False(await SettleAsync(doubtful, UnknownOutcomePolicy.ResendAfterSilence, provider: "another"));
        Assert.True(await SettleAsync(doubtful, UnknownOutcomePolicy.ResendAfterSilence));
        var again = await worker.ClaimAsync(await worker.ReadAsync(doubtful.RequestId));
        await worker.RecordAsync(again, new SendOutcome.Uncertain("lost"));
        var second = await worker.ReadAsync(doubtful.RequestId);
        await BeSilentAsync(second);

        Assert.False(await SettleAsync(second, UnknownOutcomePolicy.ResendAfterSilence));
        Assert.Equal(OutboxStatus.Uncertain, (await worker.ReadAsync(doubtful.RequestId)).Status);
    }

    [Theory]
    [InlineData(true, 1, 121, -1, true)]
    [InlineData(true, 1, 120, -1, false)] // the status came inside the quiet period
    [InlineData(true, 0, 121, -1, false)] // the status is of this very attempt
    [InlineData(true, -1, 121, -1, false)] // the status is of an earlier attempt
    [InlineData(true, 1, 121, 0, false)] // the intake had a gap when the message was claimed
    [InlineData(true, 1, 121, 60, false)] // the intake had a gap since
    [InlineData(false, 1, 121, -1, false)] // no intake has ever told that it is whole
    public void silence_means_something_only_with_all_three_legs(bool knowsIntake, int attempt, int status, int gap, bool expected)
    {
        var claimedAt = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        var doubtful = new OutboxDocument
        {
            RequestId = "r",
            CreateTime = claimedAt,
            UpdateTime = claimedAt,
            Status = OutboxStatus.Uncertain,
            ClaimSeq = 1,
            ClaimedAt = claimedAt,
            DoubtSince = claimedAt,
        };
        var all = new DocumentFields { [IntakeFields.NotWholeAt] = claimedAt.AddSeconds(gap) };
        var own = new DocumentFields { [IntakeFields.AttemptAt] = claimedAt.AddSeconds(attempt), [IntakeFields.StatusAt] = claimedAt.AddSeconds(status) };

        Assert.True(SilenceRule.MayAsk(doubtful));
        Assert.Equal(expected, SilenceRule.MeansNotSent(doubtful, knowsIntake ? all : null, own, TimeSpan.FromSeconds(120)));
        Assert.False(SilenceRule.MeansNotSent(doubtful, all, null, TimeSpan.FromSeconds(120)));
    }

    [Fact]
    public void an_attempt_of_the_old_system_carried_no_id_that_a_status_could_bring_back() =>
        Assert.False(SilenceRule.MayAsk(new OutboxDocument
        {
            RequestId = "r",
            CreateTime = default,
            UpdateTime = default,
            ClaimedAt = DateTimeOffset.UnixEpoch,
            DoubtSince = DateTimeOffset.UnixEpoch,
        }));

    private async Task<bool> SettleAsync(OutboxDocument doubtful, UnknownOutcomePolicy policy, TimeSpan? later = null, string provider = "cloud_api")
    {
        worker.Worker.GetRequiredService<AccountDirectory>().Learn(
            new Account("account", provider, "connected", "1", IsPaused: false) { OnUnknownOutcome = policy });
        return await worker.Worker.GetRequiredService<DoubtPolicy>().TrySettleAsync(
            doubtful, doubtful.DoubtSince!.Value + (later ?? Quiet + TimeSpan.FromSeconds(1)), CancellationToken.None);
    }

    /// <summary>A later attempt's status came in after the quiet period, and nothing was lost since the claim.</summary>
    private Task BeSilentAsync(OutboxDocument doubtful) => worker.CommitAsync(
    [
        DocumentWrite.Set(FirestorePaths.IntakeOf(IntakeFields.All), new DocumentFields { [IntakeFields.NotWholeAt] = doubtful.ClaimedAt!.Value.AddSeconds(-1) }),
        DocumentWrite.Set(FirestorePaths.IntakeOf("account"), new DocumentFields
        {
            [IntakeFields.AttemptAt] = doubtful.ClaimedAt!.Value.AddSeconds(1),
            [IntakeFields.StatusAt] = doubtful.DoubtSince!.Value + Quiet + TimeSpan.FromSeconds(1),
        }),
    ]);

    private async Task<OutboxDocument> DoubtfulAsync(long attempts = 1)
    {
        await worker.CommitAsync([DocumentWrite.Delete(FirestorePaths.IntakeOf(IntakeFields.All))]);
        var message = await worker.QueueAsync();
        if (attempts > 1)
        {
            await ChangeAsync(message, OutboxFields.AttemptCount, attempts - 1);
        }

        var claimed = await worker.ClaimAsync(await worker.ReadAsync(message.RequestId));
        await worker.RecordAsync(claimed, new SendOutcome.Uncertain("lost"));
        return await worker.ReadAsync(message.RequestId);
    }

    private Task ChangeAsync(OutboxDocument message, string field, FirestoreValue value) =>
        worker.CommitAsync([DocumentWrite.Update(message.Path, Precondition.Present, new DocumentFields { [field] = value })]);
}

[Collection(WorkerCollection.Name)]
public sealed class DoubtTests(WorkerUnderTest worker) : DoubtContract(worker);
