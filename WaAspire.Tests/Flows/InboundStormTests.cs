using WaAspire.Bench.Inbound;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

public sealed class InboundStormTests
{
    [Fact]
    public async Task a_storm_with_an_outage_and_killed_proxies_loses_nothing_and_doubles_nothing()
    {
        var plan = Durations.IsFull ? StormPlan.Full : StormPlan.Tenth;

        var result = await InboundStorm.RunAsync(plan);

        Assert.Equal($"stored {plan.Messages} lost 0 duplicated 0 wrong-status 0", result.ToString());
        Assert.True(result.Refused > 0, "neither the outage nor the kills were felt");
    }
}
