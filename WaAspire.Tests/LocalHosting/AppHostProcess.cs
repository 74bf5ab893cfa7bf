using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace WaAspire.Tests.LocalHosting;

/// <summary>
/// The real AppHost as a process of its own, for what can only be seen from outside: its exit, its output, its survivors.
/// Every process below it inherits a marker in its environment, and by that marker they are counted.
/// </summary>
internal sealed class AppHostProcess : IAsyncDisposable
{
    private const string MarkerName = "WAASPIRE_TEST_MARKER";

    private readonly Process _process;
    private readonly string _marker = Guid.NewGuid().ToString("N");
    private readonly BlockingCollection<string> _lines = new(boundedCapacity: 100_000);

    public AppHostProcess(string? path = null, params string[] arguments)
    {
        var project = Projects.WaAspire_AppHost.ProjectPath;
        var dotnet = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet");
        var output = Path.GetRelativePath(TestProject, AppContext.BaseDirectory);
        var start = new ProcessStartInfo("/usr/bin/env") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = project };
        // A shell starts its background jobs deaf to Ctrl-C, and they hand that on: whoever runs these tests, the child hears it.
        foreach (var argument in new[] { "--default-signal=INT", dotnet, Path.Combine(project, output, "WaAspire.AppHost.dll"), "--Demo:Sockets=false" }.Concat(arguments))
            start.ArgumentList.Add(argument);
        start.Environment[MarkerName] = _marker;
        start.Environment["LocalHosting__StopGrace"] = "00:00:03";
        start.Environment["LocalHosting__Dashboard"] = "false";
        start.Environment["LocalHosting__OrphanGrace"] = "00:00:01";
        if (path is not null)
            start.Environment["PATH"] = path;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string TestProject => Path.GetDirectoryName(new ChildProject().ProjectPath)!;

    public void Signal(int signal) => Assert.Equal(0, TestApps.Signal(_process.Id, signal));

    public string UntilPrinted(string text)
    {
        var seen = new List<string>();
        while (_lines.TryTake(out var line, TestApps.Patience))
        {
            seen.Add(line);
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        }

        throw new TimeoutException($"'{text}' was not printed, but:\n{string.Join('\n', seen)}");
    }

    /// <summary>Its exit code and all lines that nobody has taken.</summary>
    public async Task<(int ExitCode, string[] Lines)> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TestApps.Patience);
        return (_process.ExitCode, [.. _lines]);
    }

    /// <summary>Command lines of what is alive below the AppHost, guards included, zombies not.</summary>
    public IReadOnlyList<string> Living() => Directory.Exists("/proc/self") ? LivingByProc() : LivingByPs();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _lines.TryAdd(line);
    }

    private List<string> LivingByProc() => [.. Directory.EnumerateDirectories("/proc")
        .Where(directory => int.TryParse(Path.GetFileName(directory), out var pid) && (pid != _process.Id || _process.HasExited))
        .Where(directory => Read(directory, "environ").Contains($"{MarkerName}={_marker}", StringComparison.Ordinal))
        .Select(directory => Read(directory, "cmdline").Replace('\0', ' '))];

    // A process that ends while we look is no survivor; a zombie has no environment left.
    private static string Read(string directory, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, file));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private List<string> LivingByPs()
    {
        using var ps = Process.Start(new ProcessStartInfo("ps", "-axEww -o pid=,command=") { RedirectStandardOutput = true })!;
        return [.. ps.StandardOutput.ReadToEnd().Split('\n')
            .Where(line => line.Contains($"{MarkerName}={_marker}", StringComparison.Ordinal))
            .Where(line => !line.TrimStart().StartsWith($"{_process.Id} ", StringComparison.Ordinal))];
    }
}
