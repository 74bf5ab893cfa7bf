using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;

namespace WaAspire.Tests.Costs;

/// <summary>What a number's backlog asks of Redis while it waits for its pace. A system of its own: its last looks would be billed to others.</summary>
public sealed class PacedCostTests(MessageCostTests.WithoutSweeps system) : IClassFixture<MessageCostTests.WithoutSweeps>
{
    private const int Threads = 40;
    private const int PerThread = 5;
    private const int CallsPerMessage = 12;

    /// <summary>Quotation marks in a call of ten arguments; a give-back has three.</summary>
    private const int TakesAtLeast = 24;

    [Fact]
    public async Task a_backlog_that_waits_for_its_pace_is_not_taken_only_to_be_turned_away()
    {
        // Each look that finds nothing to spend costs Redis, and keeps others waiting. Counted is what names this account.
        var company = await Company.OpenAsync(system);
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(company.AccountId), Precondition.Present, new DocumentFields { ["throughputPerSecond"] = 20L }));
        await company.OpenThreadsAsync(Threads);
        await using var silent = await company.WithFaultsAsync(new
        {
            webhooks = new[] { new { kind = "suppress", phoneNumberId = company.PhoneNumberId, share = 1.0 } },
        });
        foreach (var thread in Enumerable.Range(1, Threads))
        {
            await company.CommitAsync([.. Enumerable.Range(1, PerThread - 1).SelectMany(i =>
                OutboxWorld.QueuedWrites($"{company.AccountId}-{thread:d2}-{i}", company.ThreadId(thread), company.AccountId))]);
        }

        var calls = (await system.RedisCommandsAsync(async () =>
        {
            await company.SendManyAsync(Threads, Threads);
            await Eventually.IsTrueAsync(
                async () => (await company.AcceptedAsync()).Count == Threads * PerThread, "the backlog is gone", TimeSpan.FromMinutes(4));
        })).Where(command => command.Contains("\"EVAL", StringComparison.OrdinalIgnoreCase) && command.Contains(company.AccountId, StringComparison.Ordinal)).ToList();

        // A visit takes and gives back; one that is turned away only takes. Each lane that is taken sends until it is turned away once.
        var visits = calls.Where(call => call.Contains(":pair:", StringComparison.Ordinal)).ToList();
        var giveBacks = visits.Count(call => call.Count(letter => letter == '"') < TakesAtLeast);
        var turnedAway = visits.Count - (2 * giveBacks);
        Assert.NotEqual(0, giveBacks);
        Assert.InRange(turnedAway, 0, 2 * giveBacks);
        Assert.InRange(calls.Count, 1, CallsPerMessage * Threads * PerThread);
    }
}
