using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using WaAspire.LocalHosting.Running;

namespace WaAspire.Tests.LocalHosting;

[UnsupportedOSPlatform("windows")] // as LocalHosting itself
public sealed class AppHostProcessTests : IDisposable
{
    private const int SigInt = 2;
    private const int SigKill = 9;
    private const int SigTerm = 15;

    private readonly string _bin = Directory.CreateTempSubdirectory("waaspire-bin-").FullName;

    [Theory]
    [InlineData(SigInt)]
    [InlineData(SigTerm)]
    public async Task asked_to_end_it_ends_with_everything_below_it(int signal)
    {
        await using var appHost = new AppHostProcess(PathWithRedisThatHasChildren());
        appHost.UntilPrinted("redis is healthy");
        Assert.Contains(appHost.Living(), command => command.StartsWith("sleep 10", StringComparison.Ordinal));

        appHost.Signal(signal);
        Assert.Equal(0, (await appHost.EndAsync()).ExitCode);
        Assert.Empty(appHost.Living());
    }

    [Fact]
    public async Task killed_it_leaves_no_process_not_even_deaf_grandchildren_or_guards()
    {
        await using var appHost = new AppHostProcess(PathWithRedisThatHasChildren());
        appHost.UntilPrinted("redis is healthy");
        Assert.Contains(appHost.Living(), command => command.StartsWith("sleep 10", StringComparison.Ordinal));

        appHost.Signal(SigKill);
        await appHost.EndAsync();
        Assert.True(await TestApps.EventuallyAsync(() => appHost.Living().Count == 0), string.Join('\n', appHost.Living()));
    }

    [Fact]
    public async Task killed_before_anything_is_healthy_it_leaves_no_process_either()
    {
        await using var appHost = new AppHostProcess();
        appHost.UntilPrinted("redis will be at");
        appHost.Signal(SigKill);
        await appHost.EndAsync();
        Assert.True(await TestApps.EventuallyAsync(() => appHost.Living().Count == 0), string.Join('\n', appHost.Living()));
    }

    [Fact]
    public async Task without_redis_or_an_engine_it_says_what_to_install()
    {
        await using var appHost = new AppHostProcess(path: _bin);
        var (exitCode, lines) = await appHost.EndAsync();
        Assert.Equal([RedisLaunch.Missing], lines);
        Assert.Equal(1, exitCode);
    }

    [Fact]
    public async Task a_container_client_without_its_engine_is_no_redis()
    {
        AddCommand("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
        await using var appHost = new AppHostProcess(path: _bin);
        Assert.Equal([RedisLaunch.Missing], (await appHost.EndAsync()).Lines);
    }

    [Fact]
    public async Task without_redis_a_container_engine_runs_it()
    {
        foreach (var tool in new[] { "setsid", "sh", "sleep" })
            File.CreateSymbolicLink(Path.Combine(_bin, tool), Executables.Find(tool)!);
        AddCommand("docker", """[ "$1" = info ] && exit 0; echo "docker $*"; exec sleep 1000""");
        await using var appHost = new AppHostProcess(path: _bin);
        Assert.Matches(
            @"redis +\| docker run --rm --env REDIS_PASSWORD --publish 127\.0\.0\.1:\d+:6379 .*docker\.io/library/redis:[\d.]+ sh -c exec redis-server",
            appHost.UntilPrinted("docker run"));
    }

    [Fact]
    public async Task a_configured_redis_is_used_and_none_is_started()
    {
        await using var appHost = new AppHostProcess(path: null, "--ConnectionStrings:redis=localhost:1");
        Assert.StartsWith("apphost | worker", appHost.UntilPrinted("will be at"), StringComparison.Ordinal);
        Assert.DoesNotContain(appHost.Living(), command => command.Contains("redis-server", StringComparison.Ordinal));
    }

    [Fact]
    public async Task publishing_is_refused_with_one_sentence()
    {
        await using var appHost = new AppHostProcess(path: null, "--operation", "publish", "--step", "publish");
        var (exitCode, lines) = await appHost.EndAsync();
        Assert.Equal(["Publishing needs Microsoft's packages: build the AppHost with -p:AspirePackages=true."], lines);
        Assert.Equal(1, exitCode);
    }

    [Fact]
    public async Task a_second_run_on_the_same_ports_is_one_sentence_and_no_crash()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        var port = ((IPEndPoint)first.LocalEndpoint).Port;
        await using var appHost = new AppHostProcess(path: null, "--Ports:Proxy", $"{port}");
        var (exitCode, lines) = await appHost.EndAsync();
        Assert.Equal([$"Port {port}, wanted for 'proxy' (http), is in use: is this application running already?"], lines);
        Assert.Equal(1, exitCode);
        Assert.Empty(appHost.Living());
    }

    public void Dispose() => Directory.Delete(_bin, recursive: true);

    /// <summary>A redis-server with two children of its own, one of which does not hear TERM.</summary>
    private string PathWithRedisThatHasChildren()
    {
        AddCommand("redis-server", $"""
            sleep 1000 &
            (trap '' TERM; exec sleep 1001) &
            exec {Executables.Find("redis-server")} "$@"
            """);
        return $"{_bin}:{Environment.GetEnvironmentVariable("PATH")}";
    }

    private void AddCommand(string name, string script)
    {
        var path = Path.Combine(_bin, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }
}
