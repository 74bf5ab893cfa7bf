using System.Diagnostics;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Simulation.Faults;

namespace WaAspire.Tests.Simulation;

/// <summary>
/// Many seeds run in a process of their own, as they do by hand: the meters of ten thousand simulated workers in this one
/// would be listened to by every host that another test has started.
/// </summary>
public sealed class SimulationTests
{
    private static readonly Lazy<Task<(int Code, string Told)>> _notes = new(() => SimulateAsync("--seeds", "120", "--notes"));

    /// <summary><c>WAASPIRE_SEED=123</c> runs one seed, <c>WAASPIRE_SEEDS=N</c> that many, <c>WAASPIRE_FULL=1</c> 10,000.</summary>
    [Fact]
    public async Task no_promise_is_broken_whatever_goes_wrong()
    {
        var one = Environment.GetEnvironmentVariable("WAASPIRE_SEED");
        var count = Environment.GetEnvironmentVariable("WAASPIRE_SEEDS") ?? (Durations.IsFull ? "10000" : "500");

        var (code, told) = await SimulateAsync("--from", one ?? "1", "--seeds", one is null ? count : "1");

        Assert.True(code == 0, told);
        Assert.Contains("no promise was broken", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(20)]
    public void the_same_seed_is_the_same_history_step_by_step(int seed)
    {
        var (first, second) = (SimulationRun.Of(seed), SimulationRun.Of(seed));

        Assert.Equal(first.Notes, second.Notes);
        Assert.Equal((first.Fingerprint, first.Steps, first.Lasted), (second.Fingerprint, second.Steps, second.Lasted));
        Assert.NotEqual(first.Fingerprint, SimulationRun.Of(seed + 1).Fingerprint);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(16)]
    public async Task the_same_seed_is_the_same_history_in_another_process(int seed)
    {
        var (code, told) = await SimulateAsync("--seed", $"{seed}");

        Assert.Equal(0, code);
        Assert.Contains(SimulationRun.Of(seed).Fingerprint, told, StringComparison.Ordinal);
    }

    [Fact]
    public void a_run_without_faults_needs_nobody_and_ends_at_once()
    {
        var result = SimulationRun.Of(4, FaultClass.None);

        Assert.Empty(result.Broken);
        Assert.DoesNotContain(result.Notes, note => note.Contains("unknown", StringComparison.Ordinal) || note.Contains("operator", StringComparison.Ordinal));
        Assert.Equal(result.Messages, result.Notes.Count(note => note.Contains("WhatsApp accepts", StringComparison.Ordinal)));
    }

    [Fact]
    public void a_failing_run_is_shrunk_to_the_faults_that_it_needs()
    {
        var needed = FaultClass.Crash | FaultClass.LateCommits;

        Assert.Equal(needed, Campaign.Shrink(FaultClass.All, faults => faults.HasFlag(needed)));
    }

    /// <summary>A simulation in which nothing goes wrong would find nothing.</summary>
    [Theory]
    [InlineData("has run out")]
    [InlineData("outcome of")]
    [InlineData("has ended its doubt")]
    [InlineData("is not stored yet")]
    [InlineData("sent again")]
    [InlineData("given up")]
    [InlineData("stepped over")]
    [InlineData("replayed")]
    [InlineData("is taken back")]
    [InlineData("has claimed")]
    [InlineData("is about to read what became of")]
    [InlineData("is about to hear the answer to")]
    [InlineData("wakes up")]
    [InlineData("is killed")]
    [InlineData("is told to end")]
    [InlineData("stands still")]
    [InlineData("Redis loses everything")]
    [InlineData("Redis loses the last second")]
    [InlineData("opens the session of linked, epoch 2")]
    public async Task what_can_happen_does_happen(string note)
    {
        var (code, told) = await _notes.Value;

        Assert.True(code == 0 && told.Contains(note, StringComparison.Ordinal), note);
    }

    private static async Task<(int Code, string Told)> SimulateAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SimulationTests).Assembly.Location, "simulate", .. arguments]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var told = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, told);
    }
}
