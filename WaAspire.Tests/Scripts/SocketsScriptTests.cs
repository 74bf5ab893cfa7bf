using System.Diagnostics;
using System.Runtime.Versioning;
using WaAspire.LocalHosting.Running;
using WaAspire.Tests.Kit;
using WaAspire.Tests.LocalHosting;

namespace WaAspire.Tests.Scripts;

/// <summary>Without Node 20 or later no account can be paired by QR code: one line says so, and everything else runs.</summary>
[UnsupportedOSPlatform("windows")] // as LocalHosting itself
public sealed class SocketsScriptTests : IDisposable
{
    private const string Missing = "Node 20 or later is missing";
    private readonly string _bin = Directory.CreateTempSubdirectory("waaspire-bin-").FullName;

    public SocketsScriptTests()
    {
        foreach (var tool in new[] { "sh", "bash", "dirname", "sed", "sleep", "setsid", "redis-server" })
        {
            File.CreateSymbolicLink(Path.Combine(_bin, tool), Executables.Find(tool)!);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("v18.20.4")]
    [InlineData("no version")]
    public async Task without_node_one_line_says_what_is_missing_and_nothing_fails(string? version)
    {
        if (version is not null)
        {
            AddNode(version);
        }

        var (exitCode, lines) = await RunAsync("install");
        Assert.Equal(0, exitCode);
        Assert.Contains(Missing, Assert.Single(lines), StringComparison.Ordinal);

        (exitCode, lines) = await RunAsync("stand-in", "--port=0");
        Assert.Equal(0, exitCode);
        Assert.Empty(lines);
    }

    [Fact]
    public async Task without_node_everything_else_runs()
    {
        await using var appHost = new AppHostProcess(_bin, "--Demo:Sockets=true");
        appHost.UntilPrinted(Missing);
        foreach (var resource in new[] { "proxy", "worker" })
        {
            appHost.UntilPrinted($"{resource} is healthy");
        }

        appHost.Signal(15);
        var (exitCode, lines) = await appHost.EndAsync();
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain(lines, line => line.Contains(Missing, StringComparison.Ordinal));
        Assert.Empty(appHost.Living());
    }

    public void Dispose() => Directory.Delete(_bin, recursive: true);

    private void AddNode(string version)
    {
        var node = Path.Combine(_bin, "node");
        File.WriteAllText(node, $"#!/bin/sh\necho {version}\n");
        File.SetUnixFileMode(node, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private async Task<(int ExitCode, string[] Lines)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Artifacts.Root, "scripts", "sockets.sh"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = _bin;
        using var script = Process.Start(start)!;
        var (output, errors) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        await script.WaitForExitAsync();
        return (script.ExitCode, (await output + await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
