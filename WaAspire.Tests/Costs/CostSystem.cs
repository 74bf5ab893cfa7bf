using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Costs;

/// <summary>Three workers of which nobody wants anything but what the test asks for: what Firestore bills is what was asked.</summary>
public class CostSystem : RunningSystem
{
    public Task ResetAsync() => Firebase.DeleteAsync("/emulator/v1/statistics");

    /// <summary>What Firestore would have billed since the reset, by collection.</summary>
    public async Task<Bill> BillAsync()
    {
        using var statistics = JsonDocument.Parse(await Firebase.GetStringAsync("/emulator/v1/statistics"));
        return new Bill(Read(statistics, "readsByCollection"), Read(statistics, "writesByCollection"));
    }

    protected override void Configure(IResourceBuilder<ProjectResource> worker) => worker.WithReplicas(3);

    private static Dictionary<string, long> Read(JsonDocument statistics, string name) =>
        statistics.RootElement.GetProperty(name).EnumerateObject().ToDictionary(count => count.Name, count => count.Value.GetInt64());
}

public sealed record Bill(IReadOnlyDictionary<string, long> ReadsByCollection, IReadOnlyDictionary<string, long> WritesByCollection)
{
    public long Reads(string collection) => ReadsByCollection.GetValueOrDefault(collection);

    public long Writes(string collection) => WritesByCollection.GetValueOrDefault(collection);
}
