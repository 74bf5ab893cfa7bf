// Measures the product as its AppHost runs it, on this machine, and prints what it found. Nothing here passes or fails:
// machines differ, so compare figures of one run with each other.
//
//   dotnet run --project WaAspire.Bench -c Release [-- --idle 20 --load 1000 --threads 50]

using WaAspire.Bench;

var options = BenchOptions.Parse(args);
await using var system = await BenchSystem.StartAsync();
await IdleLatency.MeasureAsync(system, options.Idle);
await LoadCost.MeasureAsync(system, options.Load, options.Threads);
