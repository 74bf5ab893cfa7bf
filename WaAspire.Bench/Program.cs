// Measures the product as its AppHost runs it, on this machine, and prints what it found. Nothing here passes or fails:
// machines differ, so compare figures of one run with each other.
//
//   dotnet run --project WaAspire.Bench -c Release [-- --idle 20 --load 1000 --threads 50]
//   dotnet run --project WaAspire.Bench -c Release -- costs [--load 1000 --threads 50]
//   dotnet run --project WaAspire.Bench -c Release -- fairness [--backlog 100000]
//   dotnet run --project WaAspire.Bench -c Release -- emulator [--documents 1000000]
//   dotnet run --project WaAspire.Bench -c Release -- inbound

using System.Globalization;
using WaAspire.Bench;
using WaAspire.Bench.Inbound;

var options = BenchOptions.Parse(args);
if (args is ["emulator", ..])
{
    await EmulatorBench.RunAsync(options.Documents);
    return;
}

if (args is ["inbound", ..])
{
    await using var storm = await StormSystem.StartAsync(StormPlan.Full);
    var result = await InboundStorm.RunAsync(storm, StormPlan.Full);
    Console.WriteLine($"{StormPlan.Full.Messages} messages over two proxies, {result.Refused} deliveries refused and repeated, an outage of {StormPlan.Full.Outage.TotalSeconds} s, two kills:");
    Console.WriteLine(result);
    var (above250, aboveSecond) = await InboundStorm.MeasureBatchesAsync(storm, batches: 100);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"batches of 100 with 20 ms added to every call of Firestore: {above250:P0} above 250 ms, {aboveSecond:P0} above 1 s"));
    return;
}

await using var system = await BenchSystem.StartAsync();
if (args is ["costs", ..])
{
    await CostTable.MeasureAsync(system, options.Load, options.Threads);
    return;
}

if (args is ["fairness", ..])
{
    await FairnessTable.MeasureAsync(system, options.Backlog);
    return;
}

await IdleLatency.MeasureAsync(system, options.Idle);
await LoadCost.MeasureAsync(system, options.Load, options.Threads);
