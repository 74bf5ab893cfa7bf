using System.Globalization;
using System.Runtime.Versioning;

namespace WaAspire.Tests.LocalHosting;

/// <summary>The dashboard as one more process below the AppHost: absent, or with us to the end, and never in anybody's way.</summary>
[UnsupportedOSPlatform("windows")] // as LocalHosting itself
public sealed class DashboardProcessTests : IDisposable
{
    private const int SigInt = 2;
    private const int SigKill = 9;

    private readonly string _folder = Directory.CreateTempSubdirectory("waaspire-dashboard-").FullName;

    [Fact]
    public async Task where_there_is_none_one_line_says_why_and_everything_else_runs()
    {
        await using var appHost = Start("echo 'ask somebody for one' >&2; exit 1");
        appHost.UntilPrinted("No dashboard: ask somebody for one");
        appHost.UntilPrinted("redis is healthy");
        appHost.Signal(SigInt);
        Assert.Equal(0, (await appHost.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task one_that_has_to_be_fetched_holds_up_nobody()
    {
        await using var appHost = Start("[ \"$1\" = --look ] && exit 3; sleep 1000");
        appHost.UntilPrinted("redis is healthy");
        appHost.Signal(SigInt);
        Assert.Equal(0, (await appHost.EndAsync()).ExitCode);
        Assert.Empty(appHost.Living());
    }

    [Theory]
    [InlineData(SigInt)]
    [InlineData(SigKill)]
    public async Task it_ends_with_the_apphost_however_that_ends(int signal)
    {
        // It gets nothing of our environment, so it is not found by the marker: it tells its pid.
        var told = Path.Combine(_folder, "pid");
        var program = Program("page", $"echo $$ > {told}.new; mv {told}.new {told}; exec sleep 1001");
        await using var appHost = Start($"echo {program}");
        appHost.UntilPrinted("redis is healthy");
        Assert.True(await TestApps.EventuallyAsync(() => File.Exists(told)));
        var page = int.Parse(await File.ReadAllTextAsync(told), CultureInfo.InvariantCulture);
        Assert.True(TestApps.IsAlive(page));

        appHost.Signal(signal);
        await appHost.EndAsync();
        Assert.True(await TestApps.EventuallyAsync(() => !TestApps.IsAlive(page)));
        Assert.True(await TestApps.EventuallyAsync(() => appHost.Living().Count == 0), string.Join('\n', appHost.Living()));
    }

    [Fact]
    public async Task one_that_dies_takes_nobody_along()
    {
        var program = Program("page", "echo it is broken; exit 7");
        await using var appHost = Start($"echo {program}");
        appHost.UntilPrinted("The dashboard ended with exit code 7, everything else goes on: it is broken");
        appHost.Signal(SigInt);
        Assert.Equal(0, (await appHost.EndAsync()).ExitCode);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private AppHostProcess Start(string script) =>
        new(path: null, "--LocalHosting:Dashboard=true", $"--LocalHosting:DashboardScript={Program("get.sh", script)}");

    private string Program(string name, string script)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
