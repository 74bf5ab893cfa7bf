using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WaAspire.Tests.LocalHosting;

public sealed class WaitTests
{
    [Fact]
    public async Task a_resource_starts_only_when_what_it_waits_for_is_healthy()
    {
        var health = new SwitchableHealth();
        var builder = TestApps.Create();
        builder.Services.AddHealthChecks().AddCheck("store-health", health);
        var store = builder.AddShell("store", "sleep 1000").WithHealthCheck("store-health");
        builder.AddShell("user", "sleep 1000").WaitFor(store);
        await using var app = await builder.StartAsync();

        await app.UntilAsync("store", e => e.Snapshot.HealthStatus == HealthStatus.Unhealthy);
        Assert.Equal(KnownResourceStates.Waiting, (await CurrentAsync(app, "user")).State!.Text);

        health.Answer = HealthCheckResult.Healthy();
        var user = await app.UntilStateAsync("user", KnownResourceStates.Running);
        Assert.True(user.Snapshot.StartTimeStamp > (await CurrentAsync(app, "store")).StartTimeStamp);
    }

    [Fact]
    public async Task waiting_for_the_start_does_not_ask_for_health()
    {
        var builder = TestApps.Create();
        builder.Services.AddHealthChecks().AddCheck("store-health", new SwitchableHealth());
        var store = builder.AddShell("store", "sleep 1000").WithHealthCheck("store-health");
        builder.AddShell("user", "sleep 1000").WaitForStart(store);
        await using var app = await builder.StartAsync();
        await app.UntilStateAsync("user", KnownResourceStates.Running);
    }

    [Theory]
    [InlineData(0, "Running")]
    [InlineData(3, "FailedToStart")]
    public async Task waiting_for_completion_asks_for_the_exit_code(int exitCode, string state)
    {
        var builder = TestApps.Create();
        var seed = builder.AddShell("seed", $"exit {exitCode}");
        builder.AddShell("user", "sleep 1000").WaitForCompletion(seed);
        await using var app = await builder.StartAsync();
        await app.UntilStateAsync("user", state);
    }

    [Fact]
    public async Task a_dependency_that_ends_fails_those_who_wait_for_it()
    {
        var builder = TestApps.Create();
        builder.Services.AddHealthChecks().AddCheck("store-health", new SwitchableHealth());
        var store = builder.AddShell("store", "exit 1").WithHealthCheck("store-health");
        builder.AddShell("user", "sleep 1000").WaitFor(store);
        await using var app = await builder.StartAsync();

        await app.UntilStateAsync("user", KnownResourceStates.FailedToStart);
        Assert.Equal(["'store', which it waits for, ended or failed to start."], await app.UntilPrintedAsync("user", "store"));
        await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.ResourceNotifications.WaitForResourceHealthyAsync("store").WaitAsync(TestApps.Patience));
    }

    [Fact]
    public async Task a_circle_of_waits_stops_the_start_with_one_sentence()
    {
        var builder = TestApps.Create();
        var a = builder.AddShell("a", "true");
        var b = builder.AddShell("b", "true").WaitFor(a);
        a.WaitFor(b);
        var fault = await Assert.ThrowsAsync<DistributedApplicationException>(builder.StartAsync);
        Assert.Equal("These wait for each other in a circle: a → b → a.", fault.Message);
    }

    [Fact]
    public void nothing_waits_for_itself()
    {
        var a = TestApps.Create().AddShell("a", "true");
        Assert.Throws<DistributedApplicationException>(() => a.WaitFor(a));
    }

    [Fact]
    public async Task the_end_goes_the_other_way_dependants_first()
    {
        var file = Path.GetTempFileName();
        var builder = TestApps.Create();
        var store = builder.AddShell("store", Script("store"));
        var worker = builder.AddShell("worker", $"{Script("worker")}").WaitFor(store);
        builder.AddShell("proxy", Script("proxy")).WaitFor(worker);
        var app = await builder.StartAsync();
        foreach (var name in new[] { "store", "worker", "proxy" })
            await app.UntilPrintedAsync(name, "ready");
        await app.DisposeAsync();

        Assert.Equal(["proxy", "worker", "store"], await File.ReadAllLinesAsync(file));

        // Each takes a moment to leave, so that only the order of stopping can make the order of the lines.
        string Script(string name) => $"trap 'sleep 0.2; echo {name} >>{file}; exit' TERM; echo ready; while :; do sleep 0.05; done";
    }

    private static async Task<CustomResourceSnapshot> CurrentAsync(DistributedApplication app, string resource) =>
        (await app.UntilAsync(resource, _ => true)).Snapshot;

    private sealed class SwitchableHealth : IHealthCheck
    {
        public HealthCheckResult Answer { get; set; } = HealthCheckResult.Unhealthy();

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(Answer);
    }
}
