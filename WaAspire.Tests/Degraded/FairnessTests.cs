using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;

namespace WaAspire.Tests.Degraded;

/// <summary>One account has a mountain of messages; another one writes its first. In full: 100,000 messages.</summary>
public sealed class FairnessTests(RunningSystem system) : IClassFixture<RunningSystem>
{
    private const int Threads = 1000;
    private static readonly int _backlog = Durations.IsFull ? 100_000 : 5000;

    [Fact]
    public async Task the_first_message_of_another_account_is_claimed_before_50_more_of_the_one_with_the_backlog()
    {
        var large = await Company.OpenAsync(system, status: "needs_qr");
        await QueueAsync(large);
        var small = await Company.OpenAsync(system);
        await small.OpenThreadsAsync(1);
        await small.StateAsync(await small.SendAsync(1, "the workers know this account"), OutboxStatus.Sent);
        await large.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(large.AccountId), Precondition.Present, new DocumentFields { ["status"] = "connected", ["throughputPerSecond"] = 20L }));
        await Eventually.IsTrueAsync(async () => (await large.AcceptedAsync()).Count > 50, "the backlog is moving");

        var first = await small.StateAsync(await small.SendAsync(1, "hello"), OutboxStatus.Sent);

        var claimed = (await small.StoredAsync(first.Path)).Fields.Timestamp(OutboxFields.ClaimedAt);
        var backlog = await large.AllStoredAsync();
        Assert.Contains(backlog, message => message.Fields.Text(OutboxFields.Status) == OutboxStatusNames.Queued);
        Assert.InRange(backlog.Count(message => message.Fields.Timestamp(OutboxFields.ClaimedAt) is { } at && at > first.CreateTime && at < claimed), 0, 49);
    }

    private static async Task QueueAsync(Company company)
    {
        await company.OpenThreadsAsync(Threads);
        for (var i = 0; i < _backlog; i += 100)
        {
            await company.CommitAsync([.. Enumerable.Range(i, 100).SelectMany(number =>
                OutboxWorld.QueuedWrites($"{company.AccountId}-{number:d6}", company.ThreadId(1 + (number % Threads)), company.AccountId))]);
        }
    }
}
