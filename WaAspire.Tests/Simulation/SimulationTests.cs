namespace WaAspire.Tests.Simulation;

public sealed class SimulationTests
{
    [Fact]
    public void a_few_seeds()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var text = new System.Text.StringBuilder();
        for (var seed = 1; seed <= 20; seed++)
        {
            var before = clock.Elapsed;
            var result = SimulationRun.Of(seed);
            text.AppendLine($"{seed} {result.Faults} steps {result.Steps} lasted {result.Lasted} took {(clock.Elapsed - before).TotalMilliseconds:f0} ms msgs {result.Messages} {result.Fingerprint}");
            foreach (var broken in result.Broken)
            {
                text.AppendLine("   " + broken);
            }

            if (result.Broken.Count > 0)
            {
                foreach (var note in result.Notes.TakeLast(30)) text.AppendLine("      " + note);
            }
        }

        File.WriteAllText("/tmp/simprobe/out.txt", text.ToString());
    }
}
