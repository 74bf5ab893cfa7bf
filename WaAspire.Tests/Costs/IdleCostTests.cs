using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Costs;

/// <summary>What a fleet costs that has nothing to do.</summary>
public sealed class IdleCostTests(CostSystem system) : IClassFixture<CostSystem>
{
    private const int ReadsPerMinute = 30;
    private const int Minutes = 2;

    [Fact]
    public async Task three_idle_workers_read_at_most_30_documents_a_minute()
    {
        // One account that nobody writes to, and a settled start: adoption and first looks are behind us.
        await Company.OpenAsync(system);
        await Task.Delay(Durations.Scaled(TimeSpan.FromMinutes(1)), TimeProvider.System);

        await system.ResetAsync();
        await Task.Delay(Durations.Scaled(TimeSpan.FromMinutes(Minutes)), TimeProvider.System);
        var bill = await system.BillAsync();

        var reads = bill.Reads("outbox") + bill.Reads("instances") + bill.Reads("accounts");
        Assert.InRange(reads, 1, Minutes * ReadsPerMinute);
    }
}
