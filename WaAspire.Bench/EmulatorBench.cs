using System.Diagnostics;
using System.Globalization;

namespace WaAspire.Bench;

/// <summary>
/// The emulator at size, each figure against a baseline of the same run: a query with a limit at a thousand documents
/// and at a million, commits of one document against an empty POST, and memory for each document beyond its content.
/// </summary>
internal static class EmulatorBench
{
    private const int Small = 1_000;
    private const int Queries = 1_000;
    private const int Callers = 64;
    private const int Rounds = 3;
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(4);

    public static async Task RunAsync(int documents)
    {
        Console.WriteLine($"emulator: {documents:N0} documents, {Callers} callers at once, {Environment.ProcessorCount} processors shared with this client");
        await using (var emulator = await BenchEmulator.StartAsync())
        {
            await MeasureSizeAsync(emulator, documents);
            await MeasureCommitsAsync(emulator, "in memory");
        }

        var directory = Directory.CreateTempSubdirectory("waaspire-bench-").FullName;
        await using (var emulator = await BenchEmulator.StartAsync("--data-dir", directory))
            await MeasureCommitsAsync(emulator, "with a data directory");
        Directory.Delete(directory, recursive: true);
    }

    private static async Task MeasureSizeAsync(BenchEmulator emulator, int documents)
    {
        await emulator.FillAsync("small", 0, Small);
        await MedianAsync(emulator, "small");
        await emulator.FillAsync("large", 0, Small);
        // Both have their index before memory is looked at: what follows is what documents cost.
        await MedianAsync(emulator, "large");
        var before = emulator.MemoryBytes;
        var watch = Stopwatch.StartNew();
        await emulator.FillAsync("large", Small, documents - Small);
        Console.WriteLine($"fill: {documents / watch.Elapsed.TotalSeconds:N0} documents/s in commits of {BenchEmulator.BatchSize}");
        var each = (double)(emulator.MemoryBytes - before) / (documents - Small);
        var content = BenchEmulator.ContentBytes;
        Console.WriteLine($"memory: {each:F0} bytes for a document of {content} bytes: {each - content:F0} beyond its content (limit 1536)");

        var (atSmall, atLarge) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            atSmall = Math.Min(atSmall, await MedianAsync(emulator, "small"));
            atLarge = Math.Min(atLarge, await MedianAsync(emulator, "large"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"query: {atSmall:F3} ms of {Small:N0} documents, {atLarge:F3} ms of {documents:N0}: {atLarge / atSmall:F2} times (limit 1.5)"));
    }

    private static async Task MeasureCommitsAsync(BenchEmulator emulator, string how)
    {
        var number = 0;
        var (empty, commits) = (0.0, 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            empty = Math.Max(empty, await RateAsync(emulator.PostNothingAsync));
            commits = Math.Max(commits, await RateAsync(() => emulator.CommitOneAsync("large", Interlocked.Increment(ref number))));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"commits {how}: {commits:N0}/s of one document each, {empty:N0}/s empty POSTs: {commits / empty:F2} of that rate (limit 0.25)"));
    }

    private static async Task<double> MedianAsync(BenchEmulator emulator, string collection)
    {
        var times = new List<double>(Queries);
        for (var n = 0; n < Queries; n++)
        {
            var start = Stopwatch.GetTimestamp();
            await emulator.QueryAsync(collection);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static async Task<double> RateAsync(Func<Task> call)
    {
        var (calls, watch) = (0, Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            while (watch.Elapsed < _duration)
            {
                await call();
                Interlocked.Increment(ref calls);
            }
        }));
        return calls / watch.Elapsed.TotalSeconds;
    }
}
