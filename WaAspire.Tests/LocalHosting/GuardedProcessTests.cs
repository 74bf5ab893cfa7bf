using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using WaAspire.LocalHosting;
using WaAspire.LocalHosting.Running;

namespace WaAspire.Tests.LocalHosting;

public sealed class GuardedProcessTests
{
    private static readonly LocalHostingOptions s_options =
        new() { StopGrace = TimeSpan.FromSeconds(1), OrphanGrace = TimeSpan.FromMilliseconds(300) };

    private readonly BlockingCollection<string> _lines = [];

    [Fact]
    public async Task the_exit_code_and_every_line_come_through()
    {
        var process = Start("echo out; echo err >&2; printf unfinished; exit 7");
        Assert.Equal(7, await Ended(process));
        Assert.Equal(["err", "out", "unfinished"], _lines.Order());
    }

    [Fact]
    public async Task the_pid_is_the_commands_own()
    {
        var process = Start("echo $$; sleep 1000");
        Assert.Equal(await process.Pid, Number(NextLine()));
        await process.StopAsync(s_options.StopGrace, CancellationToken.None);
    }

    [Fact]
    public async Task the_command_reads_an_empty_stdin()
    {
        var process = Start("if read -r line; then echo got; else echo empty; fi");
        Assert.Equal(0, await Ended(process));
        Assert.Equal("empty", NextLine());
    }

    [Fact]
    public async Task stop_asks_politely_first()
    {
        var process = Start("trap 'echo leaving; exit 3' TERM; echo ready; sleep 1000 & wait");
        Assert.Equal("ready", NextLine());
        await process.StopAsync(TestApps.Patience, CancellationToken.None);
        Assert.Equal(3, await Ended(process));
        Assert.Equal("leaving", NextLine());
    }

    [Fact]
    public async Task stop_ends_grandchildren_and_the_deaf()
    {
        var process = Start("trap '' TERM; sleep 1000 & echo $!; while :; do sleep 1; done");
        var grandchild = Number(NextLine());
        await process.StopAsync(s_options.StopGrace, CancellationToken.None);
        Assert.Equal(128 + 9, await Ended(process));
        Assert.True(await TestApps.EventuallyAsync(() => !TestApps.IsAlive(grandchild)));
    }

    [Fact]
    public async Task a_stop_right_after_the_start_is_heard()
    {
        // Before the command has a group of its own there is nobody to tell, so the guard must wait for it.
        for (var i = 0; i < 20; i++)
        {
            var process = Start("sleep 1000");
            await process.StopAsync(TimeSpan.FromMinutes(5), CancellationToken.None).WaitAsync(TestApps.Patience);
            Assert.Equal(128 + 15, await Ended(process));
        }
    }

    [Fact]
    public async Task what_a_dead_command_leaves_behind_is_ended_too()
    {
        var process = Start("trap '' TERM; sleep 1000 & echo $!; exit 0");
        var grandchild = Number(NextLine());
        Assert.Equal(0, await Ended(process));
        Assert.True(await TestApps.EventuallyAsync(() => !TestApps.IsAlive(grandchild)));
    }

    [Fact]
    public async Task a_killed_guard_does_not_free_its_command()
    {
        var process = Start("echo $PPID; sleep 1000");
        var guard = Number(NextLine());
        var command = await process.Pid;
        TestApps.Kill9(guard);
        Assert.Equal(128 + 9, await Ended(process));
        Assert.True(await TestApps.EventuallyAsync(() => !TestApps.IsAlive(command)));
    }

    [Fact]
    public async Task a_line_without_an_end_comes_in_pieces()
    {
        var process = Start("head -c 100000 /dev/zero | tr '\\0' x");
        Assert.Equal(0, await Ended(process));
        Assert.All(_lines, line => Assert.InRange(line.Length, 1, 16 * 1024));
        Assert.Equal(100_000, _lines.Sum(line => line.Length));
    }

    [Fact]
    public async Task arguments_arrive_as_they_are()
    {
        string[] arguments = ["two words", "$HOME", "a'b\"c", "", "--"];
        var process = Start(["-c", "for a in \"$@\"; do echo \"[$a]\"; done", "sh", .. arguments]);
        Assert.Equal(0, await Ended(process));
        Assert.Equal(arguments.Select(a => $"[{a}]"), _lines);
    }

    [Fact]
    public async Task the_command_gets_its_variables_and_nothing_of_the_guards()
    {
        var spec = new LaunchSpec(
            Executables.Find("env")!, [], "/", new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["odd-name"] = "a=b c", ["LINES"] = "1\n2" });
        var process = GuardedProcess.Start(spec, s_options, (line, _) => _lines.Add(line), TimeProvider.System);
        Assert.Equal(0, await Ended(process));
        // A shell adds where it is; that is all.
        Assert.Equal(["2", "LINES=1", "PATH=/usr/bin:/bin", "odd-name=a=b c"],
            _lines.Where(l => !l.StartsWith("PWD=", StringComparison.Ordinal) && !l.StartsWith("SHLVL=", StringComparison.Ordinal)
                && !l.StartsWith("_=", StringComparison.Ordinal) && !l.StartsWith("OLDPWD", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    private GuardedProcess Start(string script) => Start(["-c", script]);

    private GuardedProcess Start(string[] arguments) => GuardedProcess.Start(
        new LaunchSpec("/bin/sh", arguments, "/", Environment()), s_options, (line, _) => _lines.Add(line), TimeProvider.System);

    private string NextLine() => _lines.TryTake(out var line, TestApps.Patience) ? line : throw new TimeoutException("No line came.");

    private static Task<int> Ended(GuardedProcess process) => process.Exited.WaitAsync(TestApps.Patience);

    private static int Number(string line) => int.Parse(line, CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Environment() => System.Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!);
}
