using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Aspire.Hosting;

namespace WaAspire.LocalHosting.Running;

/// <summary>What to run: everything that is known once ports and values are.</summary>
internal sealed record LaunchSpec(
    string Command, IReadOnlyList<string> Arguments, string WorkingDirectory, IReadOnlyDictionary<string, string> Environment);

/// <summary>
/// One child with its process tree, behind guard.sh. Enters: a <see cref="LaunchSpec"/>. Leaves: lines, a pid and an exit
/// code. If we die here, the guard's stdin closes and it ends the tree; if the guard dies, we end the tree ourselves.
/// </summary>
internal sealed partial class GuardedProcess
{
    private const int SigKill = 9;
    private const string ScriptVariable = "WAASPIRE_GUARD";
    private const int MaxLineLength = 16 * 1024;
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(5);
    private static readonly string s_script = ReadScript();

    private readonly Process _guard;
    private readonly Action<string, bool> _onLine;
    private readonly TaskCompletionSource<int> _pid = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;

    private GuardedProcess(Process guard, Action<string, bool> onLine, TimeProvider time)
    {
        (_guard, _onLine, _time) = (guard, onLine, time);
        Exited = WatchAsync();
    }

    /// <summary>The pid of the command itself, which is also the number of its process group.</summary>
    public Task<int> Pid => _pid.Task;

    /// <summary>The exit code of the command, after its whole group has ended; 128 + n if signal n ended it.</summary>
    public Task<int> Exited { get; }

    public static GuardedProcess Start(LaunchSpec spec, LocalHostingOptions options, Action<string, bool> onLine, TimeProvider time)
    {
        // In a session of its own the guard does not hear the terminal's Ctrl-C, nor a kill of our process group.
        var setsid = Executables.Find("setsid");
        var start = new ProcessStartInfo(setsid ?? "/bin/sh")
        {
            WorkingDirectory = spec.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var odd = spec.Environment.Where(e => !ShellName().IsMatch(e.Key) && !e.Value.Contains('\n', StringComparison.Ordinal)).ToList();
        string[] shell = setsid is null ? [] : ["/bin/sh"];
        string[] guard = ["-c", $"eval \"${ScriptVariable}\"", "guard", Tenths(options.StopGrace), Tenths(options.OrphanGrace), $"{odd.Count}", spec.Command];
        foreach (var argument in shell.Concat(guard).Concat(spec.Arguments))
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in spec.Environment)
            start.Environment[name] = value;
        start.Environment[ScriptVariable] = s_script; // as an argument it would fill every list of processes
        var process = new GuardedProcess(Process.Start(start)!, onLine, time);
        process.Say(string.Concat(odd.Select(e => $"{e.Key}={e.Value}\n")));
        return process;
    }

    /// <summary>TERM to the group, KILL after the grace. Returns when it has ended; cancelling gives up waiting, not stopping.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        Say("stop\n");
        try
        {
            await Exited.WaitAsync(grace + s_margin, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            KillGroup();
            _guard.Kill();
            await Exited.WaitAsync(cancellationToken);
        }
    }

    private void Say(string text)
    {
        try
        {
            _guard.StandardInput.Write(text);
            _guard.StandardInput.Flush();
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException)
        {
            // The guard has ended already.
        }
    }

    private async Task<int> WatchAsync()
    {
        await Task.Yield();
        var output = ReadAsync(_guard.StandardOutput, isError: false);
        var errors = ReadAsync(_guard.StandardError, isError: true);
        await _guard.WaitForExitAsync();
        if (_guard.ExitCode > 128)
            KillGroup(); // if it was the guard itself that a signal ended, nobody else will
        // A process that left the group may hold the pipes open for ever; what it prints is no longer ours.
        await Task.WhenAny(Task.WhenAll(output, errors), Task.Delay(TimeSpan.FromSeconds(1), _time));
        _pid.TrySetException(new DistributedApplicationException("The process ended before it began."));
        var code = _guard.ExitCode;
        _guard.Dispose();
        return code;
    }

    private async Task ReadAsync(StreamReader reader, bool isError)
    {
        try
        {
            var lines = new BoundedLines(reader, MaxLineLength);
            while (await lines.ReadAsync() is { } line)
            {
                if (!isError && !_pid.Task.IsCompleted)
                    _pid.TrySetResult(int.Parse(line, CultureInfo.InvariantCulture));
                else
                    _onLine(line, isError);
            }
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException)
        {
            // The pipe was closed under us.
        }
    }

    private void KillGroup()
    {
        if (Pid.IsCompletedSuccessfully)
            _ = Kill(-Pid.Result, SigKill); // already gone is what we want
    }

    private static string Tenths(TimeSpan grace) => ((int)Math.Ceiling(grace.TotalSeconds * 10)).ToString(CultureInfo.InvariantCulture);

    private static string ReadScript()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("guard.sh")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex ShellName();

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}
