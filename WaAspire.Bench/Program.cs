// Measures the product as its AppHost runs it, on this machine, and prints what it found. Nothing here passes or fails:
// machines differ, so compare figures of one run with each other.
//
//   dotnet run --project WaAspire.Bench -c Release [-- --idle 20 --load 1000 --threads 50]
//   dotnet run --project WaAspire.Bench -c Release -- costs [--load 1000 --threads 50]
//   dotnet run --project WaAspire.Bench -c Release -- fairness [--backlog 100000]
//   dotnet run --project WaAspire.Bench -c Release -- emulator [--documents 1000000]

using WaAspire.Bench;

var options = BenchOptions.Parse(args);
if (args is ["emulator", ..])
{
    await EmulatorBench.RunAsync(options.Documents);
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
