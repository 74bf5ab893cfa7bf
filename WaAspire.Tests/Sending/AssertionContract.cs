using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Sending;

/// <summary>
/// Each assertion, violated by a document that was written behind the product's back: it is parked with all that it said, the
/// alarm rises once, no policy and no late answer touches it, and a person's verb brings it back.
/// </summary>
public abstract class AssertionContract(OutboxWorld worker)
{
    private static readonly SendFault _busy = new("131000", "Meta could not send it", true);

    [Theory]
    [InlineData(OutboxAssertions.Absorbing, OutboxFields.ProviderMessageId)]
    [InlineData(OutboxAssertions.Absorbing, OutboxFields.SentAt)]
    [InlineData(OutboxAssertions.Absorbing, OutboxFields.FailedAt)]
    [InlineData(OutboxAssertions.Absorbing, OutboxFields.CanceledByUid)]
    [InlineData(OutboxAssertions.Fence, OutboxFields.AttemptHistory)]
    [InlineData(OutboxAssertions.Fence, OutboxFields.Status)]
    [InlineData(OutboxAssertions.Order, OutboxFields.OrderAt)]
    public async Task a_message_that_makes_no_sense_is_parked_and_nothing_of_it_is_written_over(string assertion, string field)
    {
        var before = await SpoilAsync(await worker.QueueAsync(), field);
        using var alarms = new Alarms(worker);

        var head = OutboxDocument.Read(before);
        var (decision, _) = HeadRule.Decide(head, await NowAsync(), new SendingOptions());
        Assert.Equal(HeadDecision.Violated, decision);
        Assert.True(await FreeAsync(decision, head));

        var after = (await worker.FindAsync(head.Path))!.Fields;
        var parked = await worker.ReadAsync(head.RequestId);
        Assert.True(parked.IsParked);
        Assert.Equal((assertion, $"assertion_violated: {assertion}, found {before.Fields.Text(OutboxFields.Status)}"), (parked.AssertionViolated, after.Text(OutboxFields.DoubtReason)));
        string[] changes = [OutboxFields.Status, OutboxFields.LeaseUntil, OutboxFields.UpdatedAt, OutboxFields.NextAttemptAt];
        Assert.All(before.Fields.Where(stored => !changes.Contains(stored.Key)), stored => Assert.Equal(stored.Value, after[stored.Key]));
        Assert.Equal([assertion], alarms.Heard);

        // It is looked at again and again, and stays.
        (decision, _) = HeadRule.Decide(parked, await NowAsync(), new SendingOptions());
        Assert.Equal(HeadDecision.Parked, decision);
        Assert.False(await FreeAsync(decision, parked));
        Assert.Equal(parked.UpdateTime, (await worker.ReadAsync(head.RequestId)).UpdateTime);
        Assert.Equal([assertion], alarms.Heard);
    }

    [Theory]
    [InlineData(OutboxFields.ProviderMessageId)]
    [InlineData(OutboxFields.FailedAt)]
    [InlineData(OutboxFields.CanceledByUid)]
    [InlineData(OutboxFields.AttemptHistory)]
    [InlineData(OutboxFields.OrderAt)]
    public async Task a_person_has_it_sent_again_and_it_makes_sense(string field)
    {
        var parked = await ParkedAsync(field);

        await VerbAsync(verbs => verbs.ResendAsync(parked.RequestId, CancellationToken.None));

        var queued = await worker.ReadAsync(parked.RequestId);
        Assert.Equal((OutboxStatus.Queued, null, null), (queued.Status, queued.AssertionViolated, OutboxAssertions.Violated(queued)));
        Assert.Equal(parked.ProviderMessageId is null ? [] : ["wamid.restored"], queued.SecondProviderMessageIds.Select(id => id.AsString));
        var claimed = await worker.ClaimAsync(queued);
        Assert.True(claimed.Message.ClaimSeq > parked.LastAttempt);
        await worker.RecordAsync(claimed, new SendOutcome.Accepted("wamid.new"));
        Assert.Equal("wamid.new", (await worker.ReadAsync(parked.RequestId)).ProviderMessageId);
    }

    [Fact]
    public async Task a_person_lets_its_thread_go_on_or_gives_it_up_and_a_receipt_proves_it()
    {
        var (released, failed, proven) = (await ParkedAsync(OutboxFields.FailedAt), await ParkedAsync(OutboxFields.ProviderMessageId), await ParkedAsync(OutboxFields.ProviderMessageId));

        await VerbAsync(verbs => verbs.ReleaseAsync(released.RequestId, CancellationToken.None));
        await VerbAsync(verbs => verbs.FailAsync(failed.RequestId, CancellationToken.None));
        await ReceiptAsync(proven, "wamid.restored");

        Assert.Null((await worker.ReadAsync(released.RequestId)).OrderAt);
        Assert.Equal(OutboxStatus.Failed, (await worker.ReadAsync(failed.RequestId)).Status);
        var sent = await worker.ReadAsync(proven.RequestId);
        Assert.Equal((OutboxStatus.Sent, "wamid.restored", null), (sent.Status, sent.ProviderMessageId, sent.AssertionViolated));
    }

    [Fact]
    public async Task a_dead_letter_with_an_id_of_whatsapps_is_replayed_only_by_somebody_who_has_looked()
    {
        var message = await worker.QueueAsync();
        await worker.CommitAsync(OutboxTransitions.Failed(message, _busy, await NowAsync()));
        await WriteAsync(message, new() { [OutboxFields.ProviderMessageId] = "wamid.restored" });
        var verbs = worker.Worker.GetRequiredService<OperatorVerbs>();

        Assert.Equal(VerbResult.OutcomeUnknown, (await verbs.ReplayAsync(message.RequestId, confirmedNotSent: false, CancellationToken.None)).Result);
        await VerbAsync(_ => verbs.ReplayAsync(message.RequestId, confirmedNotSent: true, CancellationToken.None));

        var replayed = await worker.ReadAsync(message.RequestId);
        Assert.Equal((OutboxStatus.Queued, null), (replayed.Status, OutboxAssertions.Violated(replayed)));
        Assert.Equal("wamid.restored", Assert.Single(replayed.SecondProviderMessageIds).AsString);
    }

    /// <summary>An older document in the place of the one that an attempt was made under: the attempt may be on its way.</summary>
    [Fact]
    public async Task an_outcome_whose_claim_was_wiped_away_parks_the_message_unless_it_is_an_acceptance()
    {
        var (unanswered, accepted) = (await worker.ClaimAsync(await worker.QueueAsync()), await worker.ClaimAsync(await worker.QueueAsync()));
        await RestoreAsync(unanswered);
        await RestoreAsync(accepted);
        using var alarms = new Alarms(worker);

        var recorded = await worker.RecordAsync(unanswered, new SendOutcome.Uncertain("no answer in time"));
        await worker.RecordAsync(accepted, new SendOutcome.Accepted("wamid.1"));

        Assert.Equal(OutboxStatus.Uncertain, recorded.State);
        Assert.Equal(OutboxAssertions.Fence, (await worker.ReadAsync(unanswered.Message.RequestId)).AssertionViolated);
        Assert.Equal((OutboxStatus.Sent, "wamid.1"), await StateAsync(accepted.Message));
        Assert.Equal([OutboxAssertions.Fence, OutboxAssertions.Fence], alarms.Heard);
    }

    [Fact]
    public async Task a_second_id_is_kept_beside_the_first_and_raises_the_alarm_whoever_brings_it()
    {
        var (answered, told) = (await worker.ClaimAsync(await worker.QueueAsync()), await worker.ClaimAsync(await worker.QueueAsync()));
        await WriteAsync(answered.Message, new() { [OutboxFields.ProviderMessageId] = "wamid.restored" });
        await WriteAsync(told.Message, new() { [OutboxFields.ProviderMessageId] = "wamid.restored" });
        using var alarms = new Alarms(worker);

        await worker.RecordAsync(answered, new SendOutcome.Accepted("wamid.2"));
        await ReceiptAsync(told.Message, "wamid.2");

        foreach (var message in new[] { answered.Message, told.Message })
        {
            Assert.Equal((OutboxStatus.Sent, "wamid.restored"), await StateAsync(message));
            Assert.Equal("wamid.2", Assert.Single((await worker.ReadAsync(message.RequestId)).SecondProviderMessageIds).AsString);
        }

        Assert.Equal([OutboxAssertions.ProviderId, OutboxAssertions.ProviderId], alarms.Heard);
    }

    [Fact]
    public async Task a_receipt_for_an_attempt_of_which_the_message_knows_nothing_proves_it_and_raises_the_alarm()
    {
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());
        await RestoreAsync(claimed);
        using var alarms = new Alarms(worker);

        await ReceiptAsync(claimed.Message, "wamid.1");

        Assert.Equal((OutboxStatus.Sent, "wamid.1"), await StateAsync(claimed.Message));
        Assert.Equal([OutboxAssertions.Fence], alarms.Heard);
    }

    [Fact]
    public async Task the_alarm_is_raised_also_by_whoever_never_hears_that_it_is_parked()
    {
        var spoiled = OutboxDocument.Read(await SpoilAsync(await worker.QueueAsync(), OutboxFields.FailedAt));
        using var alarms = new Alarms(worker);
        await using (await worker.LoseReplyAsync(spoiled.RequestId))
        {
            await FreeAsync(HeadDecision.Violated, spoiled);
        }

        Assert.True((await worker.ReadAsync(spoiled.RequestId)).IsParked);
        Assert.Equal([OutboxAssertions.Absorbing], alarms.Heard);
    }

    [Fact]
    public async Task an_operator_who_cancels_what_makes_no_sense_has_it_parked_instead()
    {
        var spoiled = OutboxDocument.Read(await SpoilAsync(await worker.QueueAsync(), OutboxFields.ProviderMessageId));
        using var alarms = new Alarms(worker);

        var (result, _) = await worker.Worker.GetRequiredService<OperatorVerbs>().CancelAsync(spoiled.RequestId, CancellationToken.None);

        Assert.Equal(VerbResult.Conflict, result);
        Assert.True((await worker.ReadAsync(spoiled.RequestId)).IsParked);
        Assert.Equal([OutboxAssertions.Absorbing], alarms.Heard);
    }

    [Fact]
    public async Task what_is_parked_is_touched_by_no_late_answer_and_no_expiry()
    {
        var claimed = await worker.ClaimAsync(await worker.QueueAsync());
        await WriteAsync(claimed.Message, new() { [OutboxFields.FailedAt] = await NowAsync() });
        Assert.True(await FreeAsync(HeadDecision.Violated, await worker.ReadAsync(claimed.Message.RequestId)));
        var late = worker.Worker.GetRequiredService<LateClaims>();
        late.Remember(claimed.Message.RequestId, claimed.ClaimId, claimed.ClaimStarted);

        await worker.RecordAsync(claimed, new SendOutcome.Rejected(_busy));
        await late.ReviewAsync(CancellationToken.None);

        Assert.True((await worker.ReadAsync(claimed.Message.RequestId)).IsParked);
        var overdue = OutboxDocument.Read(await SpoilAsync(await worker.QueueAsync(), OutboxFields.ProviderMessageId));
        await worker.Worker.GetRequiredService<ExpireOverdue>().ExpireAsync(overdue, CancellationToken.None);
        Assert.True((await worker.ReadAsync(overdue.RequestId)).IsParked);
    }

    private async Task<OutboxDocument> ParkedAsync(string field)
    {
        var spoiled = OutboxDocument.Read(await SpoilAsync(await worker.QueueAsync(), field));
        Assert.True(await FreeAsync(HeadDecision.Violated, spoiled));
        return await worker.ReadAsync(spoiled.RequestId);
    }

    /// <summary>What a restored backup, a bug or a hand in the console leaves.</summary>
    private async Task<StoredDocument> SpoilAsync(OutboxDocument message, string field)
    {
        await WriteAsync(message, new()
        {
            [field] = field switch
            {
                OutboxFields.ProviderMessageId => "wamid.restored",
                OutboxFields.CanceledByUid => "somebody",
                OutboxFields.AttemptHistory => FirestoreValue.From([FirestoreValue.From(new DocumentFields { ["claimSeq"] = 7L })]),
                OutboxFields.Status => OutboxStatusNames.Processing,
                OutboxFields.OrderAt => "yesterday",
                _ => await NowAsync(),
            },
        });
        return (await worker.FindAsync(message.Path))!;
    }

    private Task RestoreAsync(ClaimedMessage claimed) => WriteAsync(claimed.Message, new()
    {
        [OutboxFields.Status] = OutboxStatusNames.Queued,
        [OutboxFields.ClaimSeq] = 0L,
        [OutboxFields.ClaimId] = FirestoreValue.Null,
    });

    private Task WriteAsync(OutboxDocument message, DocumentFields fields) =>
        worker.CommitAsync([DocumentWrite.Update(message.Path, Precondition.Present, fields)]);

    private Task<bool> FreeAsync(HeadDecision decision, OutboxDocument message) =>
        worker.Worker.GetRequiredService<StuckHead>().TryFreeAsync(decision, message, message.UpdateTime, CancellationToken.None);

    private async Task<(OutboxStatus?, string?)> StateAsync(OutboxDocument message) =>
        await worker.ReadAsync(message.RequestId) is var now ? (now.Status, now.ProviderMessageId) : default;

    private async Task VerbAsync(Func<OperatorVerbs, Task<(VerbResult Result, OutboxStatus? Status)>> verb) =>
        Assert.Equal(VerbResult.Done, (await verb(worker.Worker.GetRequiredService<OperatorVerbs>())).Result);

    private async Task ReceiptAsync(OutboxDocument message, string providerMessageId) =>
        await ActivatorUtilities.CreateInstance<StatusIntake>(worker.Worker).StoreAsync(
            [new ProviderStatus(providerMessageId, "sent", DateTimeOffset.UnixEpoch, $"{message.RequestId}:{message.ClaimSeq}")], CancellationToken.None);

    private async Task<DateTimeOffset> NowAsync() => (await worker.Worker.GetRequiredService<IFirestore>().GetAsync(["outbox/none"], "test", CancellationToken.None)).ReadTime;

    /// <summary>What the alarm's metric counts in this worker, by assertion.</summary>
    private sealed class Alarms : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<string> _heard = [];

        public Alarms(OutboxWorld world)
        {
            var meters = world.Worker.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, mine) =>
            {
                if (instrument.Name == "waaspire.outbox.assertions_violated" && instrument.Meter.Scope == meters)
                {
                    mine.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            {
                foreach (var tag in tags)
                {
                    _heard.Add((string)tag.Value!);
                }
            });
            _listener.Start();
        }

        public IReadOnlyList<string> Heard => _heard;

        public void Dispose() => _listener.Dispose();
    }
}

[Collection(WorkerCollection.Name)]
public sealed class AssertionTests(WorkerUnderTest worker) : AssertionContract(worker);
