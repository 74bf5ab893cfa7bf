using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace WaAspire.Tests.LocalHosting;

public sealed class ChildEnvironmentTests
{
    [Fact]
    public async Task a_project_gets_aspires_variables_and_runs_in_its_own_directory()
    {
        var builder = TestApps.Create("--ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL=http://localhost:4317", "--AppHost:OtlpApiKey=key");
        builder.AddProject<ChildProject>("child").WithHttpEndpoint();
        await using var app = await builder.StartAsync();
        var id = (await app.UntilStateAsync("child", KnownResourceStates.Running)).ResourceId;
        using var client = await ConnectAsync(app, "child");

        Assert.Matches("^child-[a-z]{8}$", id);
        Assert.Equal(Path.GetDirectoryName(new ChildProject().ProjectPath), await client.GetStringAsync("/directory"));
        await Expect(client, "ASPNETCORE_URLS", $"http://localhost:{app.GetEndpoint("child").Port}");
        await Expect(client, "OTEL_SERVICE_NAME", "child");
        await Expect(client, "OTEL_RESOURCE_ATTRIBUTES", $"service.instance.id={id["child-".Length..]}");
        await Expect(client, "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        await Expect(client, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317");
        await Expect(client, "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        await Expect(client, "OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=key");
        await Expect(client, "OTEL_METRIC_EXPORT_INTERVAL", "1000");
        await Expect(client, "LOGGING__CONSOLE__FORMATTERNAME", "simple");
        await Expect(client, "DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION", "true");
    }

    [Fact]
    public async Task what_speaks_about_the_apphost_is_not_inherited_and_the_rest_is()
    {
        Environment.SetEnvironmentVariable("DOTNET_LAUNCH_PROFILE", "of-the-apphost");
        Environment.SetEnvironmentVariable("WAASPIRE_TEST_INHERITED", "yes");
        var builder = TestApps.Create();
        builder.AddShell("child", "echo [$DOTNET_LAUNCH_PROFILE] [$WAASPIRE_TEST_INHERITED] [$OTEL_SERVICE_NAME] [$GIVEN]").WithEnvironment("GIVEN", "too");
        await using var app = await builder.StartAsync();
        Assert.Equal(["[] [yes] [] [too]"], await app.UntilPrintedAsync("child", "["));
    }

    [Fact]
    public async Task a_reference_to_a_connection_string_gives_the_string_and_its_parts()
    {
        var builder = TestApps.Create();
        var redis = builder.AddRedis("my-cache");
        builder.AddShell("child", "echo $ConnectionStrings__other $OTHER_HOST $OTHER_PORT $OTHER_URI").WithReference(redis, "other");
        builder.AddExecutable("second", "printenv", ".", "ConnectionStrings__my-cache").WithReference(redis);
        await using var app = await builder.StartAsync();

        var connection = await app.GetConnectionStringAsync("my-cache");
        var port = connection!.Split(':')[1];
        Assert.Equal([$"localhost:{port} localhost {port} redis://localhost:{port}"], await app.UntilPrintedAsync("child", "localhost"));
        Assert.Equal([$"localhost:{port}"], await app.UntilPrintedAsync("second", "localhost"));
    }

    [Fact]
    public async Task a_configured_connection_string_is_passed_on_without_a_server_of_ours()
    {
        var builder = TestApps.Create("--ConnectionStrings:redis=elsewhere:6379");
        var redis = builder.AddConnectionString("redis");
        builder.AddShell("child", "echo $ConnectionStrings__redis").WithReference(redis).WaitFor(redis);
        await using var app = await builder.StartAsync();
        Assert.Equal(["elsewhere:6379"], await app.UntilPrintedAsync("child", ":"));
    }

    [Fact]
    public async Task a_missing_connection_string_fails_its_user_with_a_sentence()
    {
        var builder = TestApps.Create();
        builder.AddShell("child", "true").WithReference(builder.AddConnectionString("redis"));
        await using var app = await builder.StartAsync();
        await app.UntilStateAsync("child", KnownResourceStates.FailedToStart);
        Assert.Equal(["Connection string 'redis' is missing: set ConnectionStrings:redis."], await app.UntilPrintedAsync("child", "redis"));
    }

    [Fact]
    public async Task a_reference_to_a_service_gives_its_endpoints_for_discovery()
    {
        var builder = TestApps.Create();
        var service = builder.AddProject<ChildProject>("my-api").WithHttpEndpoint().WithHttpEndpoint(name: "admin");
        builder.AddExecutable("child", "env", ".").WithReference(service);
        await using var app = await builder.StartAsync();

        var (http, admin) = (Url(app, "http"), Url(app, "admin"));
        await app.UntilStateAsync("child", KnownResourceStates.Finished);
        var lines = await app.PrintedAsync("child");
        Assert.Equal([$"MY_API_ADMIN={admin}", $"MY_API_HTTP={http}", $"services__my-api__http__0={http}", $"services__my-api__http__1={admin}"],
            lines.Where(l => l.StartsWith("MY_API", StringComparison.Ordinal) || l.StartsWith("services__", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));

        static string Url(DistributedApplication app, string endpoint) => app.GetEndpoint("my-api", endpoint).GetLeftPart(UriPartial.Authority);
    }

    [Fact]
    public async Task a_parameter_comes_from_configuration_by_its_name_or_with_underscores()
    {
        var builder = TestApps.Create("--Parameters:first-token=one", "--Parameters:second_token=two");
        builder.AddShell("child", "echo $ONE $TWO $THREE")
            .WithEnvironment("ONE", builder.AddParameter("first-token"))
            .WithEnvironment("TWO", builder.AddParameter("second-token", secret: true))
            .WithEnvironment("THREE", $"{builder.AddParameter("third-token", "three")}!");
        await using var app = await builder.StartAsync();
        Assert.Equal(["one two three!"], await app.UntilPrintedAsync("child", "one"));
    }

    [Fact]
    public async Task a_parameter_without_a_value_fails_its_user_with_a_sentence()
    {
        var builder = TestApps.Create();
        builder.AddShell("child", "true").WithEnvironment("TOKEN", builder.AddParameter("token", secret: true));
        await using var app = await builder.StartAsync();
        Assert.Equal(["Parameter 'token' has no value: set Parameters:token."], await app.UntilPrintedAsync("child", "token"));
    }

    [Fact]
    public async Task a_project_that_is_not_built_stops_the_start_with_one_sentence()
    {
        var builder = TestApps.Create();
        builder.AddProject<UnbuiltProject>("child");
        var fault = await Assert.ThrowsAsync<DistributedApplicationException>(builder.StartAsync);
        Assert.StartsWith("Unbuilt is not built: run 'dotnet build ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_command_that_does_not_exist_stops_the_start_with_one_sentence()
    {
        var builder = TestApps.Create();
        builder.AddExecutable("child", "no-such-command", ".");
        var fault = await Assert.ThrowsAsync<DistributedApplicationException>(builder.StartAsync);
        Assert.Equal("'child' cannot start: there is no executable 'no-such-command'.", fault.Message);
    }

    private static async Task Expect(HttpClient client, string variable, string value) =>
        Assert.Equal((variable, value), (variable, await client.GetStringAsync($"/environment/{variable}")));

    private static async Task<HttpClient> ConnectAsync(DistributedApplication app, string resource)
    {
        await app.UntilPrintedAsync(resource, "Application started");
        return app.CreateHttpClient(resource);
    }

    private sealed class UnbuiltProject : IProjectMetadata
    {
        public string ProjectPath => Path.Combine(Path.GetTempPath(), "Unbuilt", "Unbuilt.csproj");
    }
}
