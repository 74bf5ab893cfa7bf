using System.Net;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>Documents that were changed behind the running product's back: nothing goes out of what makes no sense, and a person decides.</summary>
[Collection(RunningSystemGroup.Name)]
public sealed class ParkedMessageTests(RunningSystem system)
{
    [Fact]
    public async Task a_message_that_came_back_from_its_end_blocks_its_thread_until_a_person_has_decided()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(2);
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind = "error", code = 131026, to = company.PhoneOf(1), times = 1 } } });
        var restored = await company.SendAsync(1, "refused, and queued again by a restored backup");
        await company.StateAsync(restored, OutboxStatus.Failed);
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.OutboxMessage(restored), Precondition.Present, new DocumentFields { [OutboxFields.Status] = OutboxStatusNames.Queued }));
        var behind = await company.SendAsync(1, "behind it");

        Assert.Equal("absorbing", (await company.StateAsync(restored, OutboxStatus.Uncertain)).AssertionViolated);

        await company.StateAsync(await company.SendAsync(2, "another thread goes on"), OutboxStatus.Sent);
        Assert.Equal(OutboxStatus.Queued, (await company.OutboxAsync(behind)).Status);
        Assert.Equal(HttpStatusCode.OK, (await company.VerbAsync(restored, "release")).StatusCode);
        await company.StateAsync(behind, OutboxStatus.Sent);
        Assert.Equal(HttpStatusCode.OK, (await company.VerbAsync(restored, "resend")).StatusCode);
        await company.StateAsync(restored, OutboxStatus.Sent);
        Assert.Equal([behind, restored], (await company.AcceptedAsync()).Where(message => message.To == company.PhoneOf(1)).Select(message => message.RequestId));
    }

    [Fact]
    public async Task a_message_without_a_place_is_found_by_the_sweep()
    {
        var company = await Company.OpenAsync(system, "needs_qr");
        await company.OpenThreadsAsync(1);
        var placeless = await company.SendAsync(1, "no place");
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.OutboxMessage(placeless), Precondition.Present, [], [OutboxFields.OrderAt], FieldTransform.RequestTime(OutboxFields.NextAttemptAt)));

        Assert.Equal("order", (await company.StateAsync(placeless, OutboxStatus.Uncertain)).AssertionViolated);
    }
}
