using System.Net;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Degraded;

/// <summary>Firestore is the truth: while it is slow everything is slow, and while it is away nothing is accepted and nothing is sent.</summary>
[Collection(DegradedSystemGroup.Name)]
public sealed class StoreTests(DegradedSystem system)
{
    [Fact]
    public async Task a_firestore_that_takes_5_seconds_for_each_answer_slows_everything_and_breaks_nothing()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(DegradedSystem.Threads);

        await using (await system.WithStoreFaultsAsync(new { latency = Durations.Scaled(TimeSpan.FromSeconds(5)).ToString("c") }))
        {
            var told = await company.SendManyAsync(2 * DegradedSystem.Threads, DegradedSystem.Threads);
            await DegradedSystem.AssertKeptAtTheFirstAttemptAsync(company, told);
        }
    }

    [Fact]
    public async Task a_firestore_that_is_down_for_2_minutes_loses_nothing_that_was_accepted_and_accepts_nothing_that_it_could_lose()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(DegradedSystem.Threads);
        await using var _ = await company.WithFaultsAsync(new { latency = 300 });
        var told = await company.SendManyAsync(DegradedSystem.Messages, DegradedSystem.Threads);

        // Half of it is still on its way when the store goes.
        await using (await system.WithStoreFaultsAsync(new { rates = new[] { new { operation = "*", status = "UNAVAILABLE", share = 1.0 } } }))
        {
            using var refused = await company.PostAsync(1, "during the outage", "outage-1");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("retryAfterSeconds", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            await Task.Delay(Durations.Scaled(TimeSpan.FromMinutes(2)), TimeProvider.System);
        }

        // The same request, made again, is welcome.
        told[1].Add(await company.SendAsync(1, "during the outage", "outage-1"));
        await DegradedSystem.AssertKeptAsync(company, told);
    }
}
