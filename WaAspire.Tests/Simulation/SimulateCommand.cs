using System.Diagnostics;
using System.Globalization;
using WaAspire.Tests.Simulation.Faults;

namespace WaAspire.Tests.Simulation;

/// <summary>
/// The simulation by hand: <c>simulate --seeds 10000 [--from 1] [--notes]</c> runs many seeds, <c>simulate --seed 123 [--only
/// Crash,LateCommits] [--notes]</c> tells one. Exit code 1 when a promise was broken.
/// </summary>
internal static class SimulateCommand
{
    public const string Line = "dotnet run --project WaAspire.Tests -c Release -- simulate";

    public static int Run(string[] arguments)
    {
        var only = Value(arguments, "--only") is { } names ? Enum.Parse<FaultClass>(names) : FaultClass.All;
        var withNotes = arguments.Contains("--notes");
        if (Value(arguments, "--seed") is { } seed)
        {
            return Tell(SimulationRun.Of(Number(seed), only, withNotes), withNotes);
        }

        var (first, count) = (Number(Value(arguments, "--from") ?? "1"), Number(Value(arguments, "--seeds") ?? "500"));
        var started = Stopwatch.GetTimestamp();
        var (runs, steps, messages, histories) = (0, 0L, 0L, 0L);
        var failed = Campaign.Run(first, count, only, result =>
        {
            Interlocked.Add(ref steps, result.Steps);
            Interlocked.Add(ref messages, result.Messages);
            Interlocked.Add(ref histories, long.Parse(result.Fingerprint, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            if (withNotes)
            {
                Console.WriteLine(string.Join(Environment.NewLine, result.Notes));
            }

            if (Interlocked.Increment(ref runs) % 1000 == 0)
            {
                Console.WriteLine($"{runs} seeds, {Stopwatch.GetElapsedTime(started).TotalSeconds:f0} s");
            }
        }, withNotes);
        Console.WriteLine($"{runs} seeds, {messages} messages, {steps} steps, {Stopwatch.GetElapsedTime(started).TotalSeconds:f0} s, fingerprint of all {histories:x16}");
        if (failed is null)
        {
            Console.WriteLine("no promise was broken");
            return 0;
        }

        Console.WriteLine(arguments.Contains("--brief") ? string.Join(Environment.NewLine, failed.Broken.Select(broken => $"seed {failed.Seed}: {broken}")) : Campaign.Explain(failed));
        return 1;
    }

    private static int Tell(SimulationResult result, bool withNotes)
    {
        foreach (var note in withNotes ? result.Notes : [])
        {
            Console.WriteLine(note);
        }

        Console.WriteLine($"seed {result.Seed}, faults {result.Faults}: {result.Messages} messages, {result.Steps} steps, {result.Lasted}, fingerprint {result.Fingerprint}");
        foreach (var broken in result.Broken)
        {
            Console.WriteLine(broken);
        }

        return result.Broken.Count == 0 ? 0 : 1;
    }

    private static string? Value(string[] arguments, string name) =>
        Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
