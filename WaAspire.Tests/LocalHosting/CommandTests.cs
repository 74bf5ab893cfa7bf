using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace WaAspire.Tests.LocalHosting;

public sealed class CommandTests
{
    [Fact]
    public async Task a_stopped_redis_comes_back_on_the_same_port_in_the_same_folder()
    {
        var builder = TestApps.Create();
        builder.AddRedis("redis");
        await using var app = await builder.StartAsync();
        var first = await app.ResourceNotifications.WaitForResourceHealthyAsync("redis").WaitAsync(TestApps.Patience);
        var connection = await app.GetConnectionStringAsync("redis");

        Assert.True((await app.ResourceCommands.ExecuteCommandAsync(first.ResourceId, "stop")).Success);
        var stopped = await app.UntilStateAsync("redis", KnownResourceStates.Exited);
        Assert.Equal((0, (object?)null), (stopped.Snapshot.ExitCode!.Value, stopped.Snapshot.HealthStatus));
        Assert.False(TestApps.IsAlive(first.PidOf()));

        Assert.True((await app.ResourceCommands.ExecuteCommandAsync(first.ResourceId, "start")).Success);
        var second = await app.ResourceNotifications.WaitForResourceHealthyAsync("redis").WaitAsync(TestApps.Patience);
        Assert.NotEqual(first.PidOf(), second.PidOf());
        Assert.Equal(first.ResourceId, second.ResourceId);
        Assert.Equal(connection, await app.GetConnectionStringAsync("redis"));
        Assert.Equal(FolderOf(first), FolderOf(second));
    }

    [Fact]
    public async Task a_killed_replica_stays_dead_until_it_is_started_and_the_other_serves_on()
    {
        var builder = TestApps.Create();
        builder.AddProject<ChildProject>("child").WithReplicas(2).WithHttpEndpoint();
        await using var app = await builder.StartAsync();
        var replicas = await ReplicasAsync(app, "child", 2);
        foreach (var replica in replicas)
            await UntilListeningAsync(app, replica.ResourceId);
        Assert.Equal(replicas.Select(r => $"{r.PidOf()}").Order(), (await AskAsync(app, 4)).Order());

        var victim = replicas[0];
        TestApps.Kill9(victim.PidOf());
        var dead = await app.UntilAsync("child", e => e.ResourceId == victim.ResourceId && e.Snapshot.State?.Text == KnownResourceStates.Finished);
        Assert.Equal(128 + 9, dead.Snapshot.ExitCode);
        Assert.DoesNotContain(dead.Snapshot.Properties, p => p.Name == "executable.pid");
        Assert.Equal([$"{replicas[1].PidOf()}"], await AskAsync(app, 4));

        Assert.True((await app.ResourceCommands.ExecuteCommandAsync(victim.ResourceId, "start")).Success);
        var reborn = await app.UntilAsync("child", e => e.ResourceId == victim.ResourceId && e.Snapshot.State?.Text == KnownResourceStates.Running);
        Assert.True(await TestApps.EventuallyAsync(() => AskAsync(app, 2).GetAwaiter().GetResult().Contains($"{reborn.PidOf()}")));
    }

    [Fact]
    public async Task restart_is_a_new_process_under_the_same_id()
    {
        var builder = TestApps.Create();
        builder.AddShell("child", "sleep 1000");
        await using var app = await builder.StartAsync();
        var first = await app.UntilStateAsync("child", KnownResourceStates.Running);
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("child", "restart")).Success);
        var second = await app.UntilAsync("child", e => e.Snapshot.State?.Text == KnownResourceStates.Running && e.PidOf() != first.PidOf());
        Assert.Equal(first.ResourceId, second.ResourceId);
        Assert.False(TestApps.IsAlive(first.PidOf()));
    }

    [Fact]
    public async Task a_command_that_cannot_be_says_why()
    {
        var builder = TestApps.Create();
        builder.AddShell("child", "sleep 1000");
        await using var app = await builder.StartAsync();
        var id = (await app.UntilStateAsync("child", KnownResourceStates.Running)).ResourceId;

        Assert.Equal("There is no process named 'nobody'.", await RefusalAsync(app, "nobody", "stop"));
        Assert.Equal("There is no command 'fly'.", await RefusalAsync(app, id, "fly"));
        Assert.Equal($"'start' does nothing to '{id}' in its present state.", await RefusalAsync(app, id, "start"));
    }

    [Fact]
    public async Task the_end_of_the_application_leaves_no_process()
    {
        var builder = TestApps.Create();
        builder.AddShell("child", "sleep 1000 & echo $!; wait");
        var app = await builder.StartAsync();
        var child = (await app.UntilStateAsync("child", KnownResourceStates.Running)).PidOf();
        var grandchild = int.Parse((await app.UntilPrintedAsync("child", ""))[0], System.Globalization.CultureInfo.InvariantCulture);
        await app.DisposeAsync();
        Assert.False(TestApps.IsAlive(child));
        Assert.True(await TestApps.EventuallyAsync(() => !TestApps.IsAlive(grandchild)));
    }

    [Fact]
    public async Task a_disposed_builder_ends_the_application_that_it_built()
    {
        var builder = TestApps.Create();
        builder.AddShell("child", "sleep 1000");
        var app = await builder.StartAsync();
        var child = (await app.UntilStateAsync("child", KnownResourceStates.Running)).PidOf();
        await builder.DisposeAsync();
        Assert.False(TestApps.IsAlive(child));
    }

    private static string FolderOf(ResourceEvent redis) => (string)redis.Snapshot.Properties.Single(p => p.Name == "executable.workDir").Value!;

    private static async Task<string?> RefusalAsync(DistributedApplication app, string id, string command)
    {
        var result = await app.ResourceCommands.ExecuteCommandAsync(id, command);
        return result.Success ? null : result.Message;
    }

    private static async Task<List<ResourceEvent>> ReplicasAsync(DistributedApplication app, string resource, int count)
    {
        var running = new Dictionary<string, ResourceEvent>();
        await app.UntilAsync(resource, e =>
        {
            if (e.Snapshot.State?.Text == KnownResourceStates.Running)
                running[e.ResourceId] = e;
            return running.Count == count;
        });
        return [.. running.Values];
    }

    private static async Task UntilListeningAsync(DistributedApplication app, string replica)
    {
        await foreach (var lines in app.Logs().WatchAsync(replica).WithPatience())
        {
            if (lines.Any(l => l.Content.Contains("Application started", StringComparison.Ordinal)))
                return;
        }
    }

    /// <summary>The pids that answer, each on a connection of its own.</summary>
    private static async Task<string[]> AskAsync(DistributedApplication app, int times)
    {
        var pids = new List<string>();
        for (var i = 0; i < times; i++)
        {
            using var client = app.CreateHttpClient("child");
            pids.Add(await client.GetStringAsync("/pid"));
        }

        return [.. pids.Distinct()];
    }
}
