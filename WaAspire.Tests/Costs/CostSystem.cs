using System.Diagnostics;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Costs;

/// <summary>Three workers of which nobody wants anything but what the test asks for: what Firestore bills is what was asked.</summary>
public class CostSystem : RunningSystem
{
    public Task ResetAsync() => Firebase.DeleteAsync("/emulator/v1/statistics");

    /// <summary>Once nothing of an earlier test is on its way any more: late receipts are billed too.</summary>
    public Task ResetWhenQuietAsync() => Eventually.IsTrueAsync(
        async () =>
        {
            await ResetAsync();
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            return await BillAsync() is var bill && bill.Reads("outbox") + bill.Writes("outbox") == 0;
        },
        "nothing of an earlier test is billed");

    /// <summary>What Firestore would have billed since the reset, by collection.</summary>
    public async Task<Bill> BillAsync()
    {
        using var statistics = JsonDocument.Parse(await Firebase.GetStringAsync("/emulator/v1/statistics"));
        return new Bill(Read(statistics, "readsByCollection"), Read(statistics, "writesByCollection"));
    }

    /// <summary>Everything that anybody asks of Redis meanwhile.</summary>
    public async Task<IReadOnlyList<string>> RedisCommandsAsync(Func<Task> meanwhile)
    {
        var port = (await App.GetConnectionStringAsync("redis"))!.Split(',')[0].Split(':')[^1];
        using var monitor = Process.Start(new ProcessStartInfo("redis-cli", ["-p", port, "monitor"]) { RedirectStandardOutput = true })!;
        var output = monitor.StandardOutput.ReadToEndAsync();
        await meanwhile();
        monitor.Kill();
        await monitor.WaitForExitAsync();
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
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
