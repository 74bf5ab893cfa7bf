using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using WaAspire.LocalHosting.Health;

namespace WaAspire.Tests.LocalHosting;

public sealed class HealthTests
{
    [Fact]
    public async Task a_project_is_healthy_when_its_path_answers_as_agreed()
    {
        var builder = TestApps.Create();
        builder.AddProject<ChildProject>("child").WithHttpEndpoint().WithHttpHealthCheck("/health");
        await using var app = await builder.StartAsync();
        var healthy = await app.ResourceNotifications.WaitForResourceHealthyAsync("child").WaitAsync(TestApps.Patience);
        var report = Assert.Single(healthy.Snapshot.HealthReports);
        Assert.Equal(("child_http_/health_200_check", HealthStatus.Healthy), (report.Name, report.Status));
    }

    [Fact]
    public async Task any_other_answer_is_unhealthy_and_says_why()
    {
        var builder = TestApps.Create();
        builder.AddProject<ChildProject>("child").WithHttpEndpoint().WithHttpHealthCheck("/nothing-here", 204);
        await using var app = await builder.StartAsync();
        await app.UntilAsync("child", e => e.Snapshot.HealthReports.Any(r => r.Description == "/nothing-here answered 404 instead of 204"));
    }

    [Fact]
    public async Task a_redirect_is_an_answer_and_not_a_way()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var server = builder.Build();
        server.MapGet("/", () => Results.Redirect("/login"));
        server.MapGet("/login", () => Results.Ok());
        await server.StartAsync();

        Assert.Equal(HealthStatus.Unhealthy, (await ProbeAsync(server, 200)).Status);
        Assert.Equal(HealthStatus.Healthy, (await ProbeAsync(server, 302)).Status);
    }

    [Fact]
    public async Task redis_is_healthy_when_it_answers_a_ping()
    {
        var builder = TestApps.Create();
        builder.AddRedis("redis", password: builder.AddParameter("password", "sec\"r\\et", secret: true));
        await using var app = await builder.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("redis").WaitAsync(TestApps.Patience);
    }

    [Fact]
    public void a_check_needs_an_endpoint()
    {
        var child = TestApps.Create().AddShell("child", "true");
        Assert.Throws<DistributedApplicationException>(() => child.WithHttpHealthCheck("/health"));
    }

    [Fact]
    public async Task a_check_that_nobody_registered_is_not_healthy_but_a_fault()
    {
        var builder = TestApps.Create();
        builder.AddShell("child", "true").WithHealthCheck("unknown");
        var fault = await Assert.ThrowsAsync<DistributedApplicationException>(builder.StartAsync);
        Assert.Equal("Resource 'child' wants the health check 'unknown', which is not registered.", fault.Message);
    }

    private static Task<HealthCheckResult> ProbeAsync(WebApplication server, int statusCode)
    {
        var resource = TestApps.Create().AddShell("server", "true").WithHttpEndpoint();
        var endpoint = resource.Resource.Annotations.OfType<EndpointAnnotation>().Single();
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "127.0.0.1", new Uri(server.Urls.Single()).Port);
        return new HttpProbe(resource.GetEndpoint("http"), "/", statusCode).CheckHealthAsync(new HealthCheckContext());
    }
}
