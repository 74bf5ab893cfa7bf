using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using WaAspire.LocalHosting.Ports;

namespace WaAspire.Tests.LocalHosting;

public sealed class EndpointTests
{
    [Fact]
    public async Task two_resources_know_each_others_url_without_waiting_for_each_other()
    {
        var builder = TestApps.Create();
        var a = builder.AddShell("a", "echo peer $PEER").WithHttpEndpoint();
        var b = builder.AddShell("b", "echo peer $PEER").WithHttpEndpoint();
        a.WithEnvironment("PEER", b.GetEndpoint("http"));
        b.WithEnvironment("PEER", $"{a.GetEndpoint("http")}/hook");
        await using var app = await builder.StartAsync();

        Assert.Equal([$"peer {app.GetEndpoint("b").GetLeftPart(UriPartial.Authority)}"], await app.UntilPrintedAsync("a", "peer"));
        Assert.Equal([$"peer {app.GetEndpoint("a").GetLeftPart(UriPartial.Authority)}/hook"], await app.UntilPrintedAsync("b", "peer"));
    }

    [Fact]
    public async Task a_property_of_an_endpoint_can_be_given_alone()
    {
        var builder = TestApps.Create();
        var server = builder.AddShell("server", "echo $ALL").WithHttpEndpoint(targetPort: 4711);
        var endpoint = server.GetEndpoint("http");
        server.WithEnvironment("ALL", $"{endpoint.Property(EndpointProperty.HostAndPort)} {endpoint.Property(EndpointProperty.Host)} "
            + $"{endpoint.Property(EndpointProperty.Port)} {endpoint.Property(EndpointProperty.IPV4Host)} {endpoint.Property(EndpointProperty.Scheme)} "
            + $"{endpoint.Property(EndpointProperty.TargetPort)} {{literal}}");
        await using var app = await builder.StartAsync();

        var port = app.GetEndpoint("server").Port;
        await app.UntilPrintedAsync("server", $"localhost:{port} localhost {port} 127.0.0.1 http 4711 {{literal}}");
    }

    [Fact]
    public async Task the_env_of_an_endpoint_holds_the_port_to_listen_on()
    {
        var builder = TestApps.Create();
        builder.AddShell("server", "echo listen $LISTEN").WithHttpEndpoint(env: "LISTEN");
        await using var app = await builder.StartAsync();
        await app.UntilPrintedAsync("server", string.Create(CultureInfo.InvariantCulture, $"listen {app.GetEndpoint("server").Port}"));
    }

    [Fact]
    public async Task an_endpoint_may_be_shown_by_another_address_too()
    {
        var builder = TestApps.Create();
        builder.AddShell("server", "sleep 1000").WithHttpEndpoint().WithUrlForEndpoint("http", _ => new() { Url = "/desk/", DisplayText = "The desk" });
        await using var app = await builder.StartAsync();

        var running = await app.ResourceNotifications.WaitForResourceAsync("server", replica => replica.Snapshot.State?.Text == KnownResourceStates.Running);
        var root = app.GetEndpoint("server").GetLeftPart(UriPartial.Authority);
        Assert.Equal([(root, ""), ($"{root}/desk/", "The desk")], running.Snapshot.Urls.Select(url => (url.Url, url.DisplayText)));
    }

    [Fact]
    public async Task ports_come_from_below_the_range_of_outgoing_connections_and_differ()
    {
        var builder = TestApps.Create();
        foreach (var name in new[] { "a", "b", "c", "d" })
            builder.AddShell(name, "sleep 1000").WithHttpEndpoint();
        await using var app = await builder.StartAsync();

        var ports = new[] { "a", "b", "c", "d" }.Select(name => app.GetEndpoint(name).Port).ToList();
        Assert.All(ports, port => Assert.InRange(port, 20000, 32767));
        Assert.Equal(4, ports.Distinct().Count());
    }

    [Fact]
    public async Task a_fixed_port_is_random_under_test_unless_the_test_says_otherwise()
    {
        var wished = PortAllocator.Take();
        Assert.NotEqual(wished, await PortOfAsync(TestApps.Create(), wished));
        Assert.Equal(wished, await PortOfAsync(TestApps.Create("--DcpPublisher:RandomizePorts=false"), wished));
    }

    [Fact]
    public async Task a_fixed_port_in_use_stops_the_start_with_one_sentence()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var builder = TestApps.Create("--DcpPublisher:RandomizePorts=false");
        builder.AddShell("server", "sleep 1000").WithHttpEndpoint(port);

        var fault = await Assert.ThrowsAsync<DistributedApplicationException>(builder.StartAsync);
        Assert.Equal($"Port {port}, wanted for 'server' (http), is in use: is this application running already?", fault.Message);
    }

    [Fact]
    public void an_endpoint_has_no_url_before_the_start_and_says_so()
    {
        var endpoint = TestApps.Create().AddShell("server", "true").WithHttpEndpoint().GetEndpoint("http");
        Assert.False(endpoint.IsAllocated);
        Assert.Contains("before the application starts", Assert.Throws<InvalidOperationException>(() => endpoint.Url).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void naming_an_endpoint_again_changes_it()
    {
        var server = TestApps.Create().AddShell("server", "true").WithHttpEndpoint(port: 1).WithHttpEndpoint(port: 2).WithExternalHttpEndpoints();
        var endpoint = Assert.Single(server.Resource.Annotations.OfType<EndpointAnnotation>());
        Assert.Equal((2, true), (endpoint.Port!.Value, endpoint.IsExternal));
    }

    [Fact]
    public void published_it_is_an_expression()
    {
        var endpoint = TestApps.Create().AddShell("server", "true").WithHttpEndpoint().GetEndpoint("http");
        var url = ReferenceExpression.Create($"{endpoint}/v25.0?{{x}}");
        Assert.Equal("{server.bindings.http.url}/v25.0?{x}", url.ValueExpression);
        Assert.Equal("{server.bindings.http.port}", endpoint.Property(EndpointProperty.Port).ValueExpression);
    }

    private static async Task<int> PortOfAsync(IDistributedApplicationTestingBuilder builder, int wished)
    {
        builder.AddShell("server", "sleep 1000").WithHttpEndpoint(wished);
        await using var app = await builder.StartAsync();
        return app.GetEndpoint("server").Port;
    }
}
