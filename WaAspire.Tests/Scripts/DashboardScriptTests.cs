using System.Diagnostics;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Scripts;

/// <summary>scripts/dashboard/get.sh where there is no dashboard, where there could be one, and where there is one. Nothing is fetched here.</summary>
public sealed class DashboardScriptTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("waaspire-home-").FullName;
    private readonly string _bin = Directory.CreateTempSubdirectory("waaspire-bin-").FullName;

    public DashboardScriptTests()
    {
        foreach (var tool in new[] { "bash", "sed", "dirname", "uname", "mkdir", "flock", "mktemp", "find", "head", "readlink", "timeout", "rm", "mv", "cp" })
        {
            File.CreateSymbolicLink(Path.Combine(_bin, tool), File.Exists($"/usr/bin/{tool}") ? $"/usr/bin/{tool}" : $"/bin/{tool}");
        }
    }

    [Theory]
    [InlineData("--look")]
    [InlineData]
    public async Task without_any_way_to_have_one_it_says_in_one_line_how_to_get_it(params string[] arguments)
    {
        var (exitCode, output, errors) = await RunAsync(arguments);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Matches("^install Aspire's command .*npm.*\n$", errors);
    }

    [Theory]
    [InlineData("npm")]
    [InlineData("aspire")]
    public async Task looking_fetches_nothing_and_tells_that_it_could(string command)
    {
        Program(Path.Combine(_bin, command), "echo called >&2; exit 1");
        Assert.Equal((3, "", ""), await RunAsync("--look"));
    }

    [Fact]
    public async Task what_is_installed_is_used()
    {
        var program = Path.Combine(_home, ".aspire", "bundle", "managed", "aspire-managed");
        Program(program, "exit 0");
        Assert.Equal((0, $"{program}\n", ""), await RunAsync("--look"));
    }

    [Fact]
    public async Task a_fetch_that_fails_is_one_line_and_leaves_nothing()
    {
        Program(Path.Combine(_bin, "npm"), "echo a long story; echo more of it >&2; exit 1");
        var (exitCode, output, errors) = await RunAsync();
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Matches("^npm could not fetch .*\n$", errors);
        Assert.Equal(["lock"], Directory.EnumerateFileSystemEntries(Path.Combine(_home, ".cache", "waaspire", "dashboard")).Select(Path.GetFileName));
    }

    public void Dispose()
    {
        Directory.Delete(_home, recursive: true);
        Directory.Delete(_bin, recursive: true);
    }

    private static void Program(string path, string script)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(_bin, "bash"), [Path.Combine(Artifacts.Root, "scripts", "dashboard", "get.sh"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = _bin;
        start.Environment["HOME"] = _home;
        using var script = Process.Start(start)!;
        var (output, errors) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        await script.WaitForExitAsync();
        return (script.ExitCode, await output, await errors);
    }
}
