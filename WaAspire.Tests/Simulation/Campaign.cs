using WaAspire.Tests.Simulation.Faults;

namespace WaAspire.Tests.Simulation;

/// <summary>Many seeds, as many at a time as the machine has cores; and what the first that fails needs in order to fail.</summary>
internal static class Campaign
{
    private const int NotesShown = 60;

    /// <summary>In the order of the seeds: the lowest that fails is the same on every machine.</summary>
    /// <param name="first">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="only">Classes that may be on at all.</param>
    /// <param name="done">Told of each, from any thread.</param>
    /// <param name="keepsAllNotes">Not only the last ones of each.</param>
    /// <returns>The lowest seed that failed; null when none did.</returns>
    public static SimulationResult? Run(int first, int count, FaultClass only = FaultClass.All, Action<SimulationResult>? done = null, bool keepsAllNotes = false)
    {
        SimulationResult? failed = null;
        var gate = new Lock();
        Parallel.For(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (seed, loop) =>
        {
            var result = SimulationRun.Of(seed, only, keepsAllNotes);
            done?.Invoke(result);
            if (result.Broken.Count > 0)
            {
                lock (gate)
                {
                    failed = failed is null || seed < failed.Seed ? result : failed;
                }

                // Those before it are still run: one of them may fail as well.
                loop.Break();
            }
        });
        return failed;
    }

    /// <summary>Switches one class after the other off, as long as the run fails without it.</summary>
    public static FaultClass Shrink(FaultClass faults, Func<FaultClass, bool> fails)
    {
        foreach (var fault in FaultPlan.Classes(faults).ToList())
        {
            if (fails(faults & ~fault))
            {
                faults &= ~fault;
            }
        }

        return faults;
    }

    /// <summary>All that somebody needs who wants to understand it.</summary>
    public static string Explain(SimulationResult failed)
    {
        var needed = Shrink(failed.Faults, faults => SimulationRun.Of(failed.Seed, faults).Broken.Count > 0);
        var shrunk = SimulationRun.Of(failed.Seed, needed);
        return string.Join(Environment.NewLine,
        [
            $"Seed {failed.Seed} breaks:", .. failed.Broken.Select(broken => "  " + broken),
            $"It does not need more than: {needed}. With only these:", .. shrunk.Broken.Select(broken => "  " + broken),
            "Its last notes:", .. shrunk.Notes.TakeLast(NotesShown).Select(note => "  " + note),
            $"Again, with all notes: {SimulateCommand.Line} --seed {failed.Seed} --only {needed.ToString().Replace(" ", "", StringComparison.Ordinal)} --notes",
        ]);
    }
}
