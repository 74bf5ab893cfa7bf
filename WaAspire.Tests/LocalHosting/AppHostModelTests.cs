using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using WaAspire.LocalHosting.Dashboard;

namespace WaAspire.Tests.LocalHosting;

/// <summary>AppHost.cs as a test sees it: built, not run. What it says about the system must be so.</summary>
public sealed class AppHostModelTests
{
    [Fact]
    public async Task run_here_the_stand_ins_are_part_of_it()
    {
        await using var builder = await CreateAsync();
        Assert.Equal(["firebase", "gateway-packages", "proxy", "redis", "sockets", "whatsapp", "worker"], Processes(builder));
        Assert.Equal(Projects.WaAspire_AppHost.ProjectPath, builder.AppHostDirectory);
    }

    [Fact]
    public async Task published_they_are_not_and_no_secret_has_a_value()
    {
        await using var builder = await CreateAsync("--operation", "publish");
        Assert.Equal(["proxy", "redis", "worker"], Processes(builder));
        var secrets = builder.Resources.OfType<ParameterResource>().Where(p => p.Secret).ToList();
        Assert.Equal(4, secrets.Count);
        foreach (var secret in secrets)
            await Assert.ThrowsAsync<DistributedApplicationException>(() => secret.GetValueAsync(default).AsTask());
        var environment = await EnvironmentAsync(builder, "worker");
        Assert.DoesNotContain(environment.Keys, name => name.Contains("EMULATOR", StringComparison.Ordinal));
        Assert.DoesNotContain("WHATSAPP_GRAPH_BASE_URL", environment.Keys);
    }

    [Fact]
    public async Task a_given_redis_takes_the_place_of_our_own()
    {
        await using var builder = await CreateAsync("--ConnectionStrings:redis=elsewhere:6379");
        Assert.DoesNotContain(builder.Resources, r => r is RedisResource);
        Assert.Contains(builder.Resources, r => r.Name == "redis");
    }

    [Fact]
    public async Task told_so_it_does_without_accounts_that_are_paired_by_qr_code()
    {
        await using var builder = await CreateAsync("--Demo:Sockets=false");
        Assert.Equal(["firebase", "proxy", "redis", "whatsapp", "worker"], Processes(builder));
        Assert.DoesNotContain("WA_SESSION_KEYS", (await EnvironmentAsync(builder, "worker")).Keys);
    }

    [Fact]
    public async Task who_waits_for_whom()
    {
        await using var builder = await CreateAsync();
        Assert.Equal(["firebase", "gateway-packages", "redis", "whatsapp"], Awaited(builder, "worker"));
        Assert.Equal(["firebase", "redis"], Awaited(builder, "proxy"));
        Assert.Empty(Awaited(builder, "whatsapp"));
        Assert.Empty(Awaited(builder, "firebase"));
    }

    [Fact]
    public async Task who_belongs_to_whom()
    {
        await using var builder = await CreateAsync();
        var proxy = builder.Resources.Single(resource => resource.Name == "proxy");
        Assert.Subset(
            Relationships.Of(proxy).Select(relation => $"{relation.Type} {relation.Resource.Name}").ToHashSet(),
            new HashSet<string> { "Reference redis", "WaitFor redis", "Reference firebase", "WaitFor firebase", "Reference worker", "Reference internal-token" });

        var child = builder.CreateResourceBuilder((ProjectResource)proxy).WithParentRelationship(builder.CreateResourceBuilder(builder.Resources.Single(resource => resource.Name == "worker")));
        Assert.Contains(Relationships.Of(child.Resource), relation => relation is { Type: "Parent", Resource.Name: "worker" });
    }

    [Fact]
    public async Task every_secret_that_two_sides_share_is_the_same_on_both()
    {
        await using var builder = await CreateAsync("--Parameters:whatsapp-app-secret=given");
        var (worker, proxy, whatsapp) =
            (await EnvironmentAsync(builder, "worker"), await EnvironmentAsync(builder, "proxy"), await EnvironmentAsync(builder, "whatsapp"));
        Assert.Equal("given", await ValueAsync(proxy["WHATSAPP_APP_SECRET"]));
        Assert.Equal("local-internal-token", await ValueAsync(worker["INTERNAL_TOKEN"]));
        Assert.Same(proxy["WHATSAPP_APP_SECRET"], whatsapp["WHATSAPP_APP_SECRET"]);
        Assert.Same(proxy["WHATSAPP_VERIFY_TOKEN"], whatsapp["WHATSAPP_VERIFY_TOKEN"]);
        Assert.Same(worker["WHATSAPP_ACCESS_TOKEN"], whatsapp["WHATSAPP_ACCESS_TOKEN"]);
        Assert.Same(worker["INTERNAL_TOKEN"], proxy["INTERNAL_TOKEN"]);
        Assert.Same(worker["FIREBASE_PROJECT_ID"], proxy["FIREBASE_PROJECT_ID"]);
    }

    [Fact]
    public async Task started_each_is_told_where_the_others_are()
    {
        await using var builder = await CreateAsync("--Demo:SeedFile=/seed.json");
        // What is under test is the map; the processes that it would start are not.
        foreach (var resource in builder.Resources.OfType<IResourceWithEnvironment>().Where(r => r is ProjectResource or ExecutableResource))
            builder.CreateResourceBuilder(resource).WithEnvironment(_ => throw new DistributedApplicationException("Not in this test."));
        await using var app = await builder.BuildAsync();
        await app.StartAsync();

        var (worker, proxy) = (await ValuesAsync(builder, "worker"), await ValuesAsync(builder, "proxy"));
        var (whatsapp, firebase) = (await ValuesAsync(builder, "whatsapp"), await ValuesAsync(builder, "firebase"));
        Assert.Equal($"localhost:{app.GetEndpoint("firebase", "firestore").Port}", worker["FIRESTORE_EMULATOR_HOST"]);
        Assert.Equal(worker["FIRESTORE_EMULATOR_HOST"], proxy["FIRESTORE_EMULATOR_HOST"]);
        Assert.Equal($"localhost:{app.GetEndpoint("firebase", "auth").Port}", proxy["FIREBASE_AUTH_EMULATOR_HOST"]);
        Assert.Equal(await app.GetConnectionStringAsync("redis"), proxy["ConnectionStrings__redis"]);
        Assert.Equal($"{Url(app, "whatsapp")}/v25.0", worker["WHATSAPP_GRAPH_BASE_URL"]);
        Assert.Equal(Url(app, "worker"), proxy["WHATSAPP_RAILWAY_BASE_URL"]);
        Assert.Equal($"{Url(app, "proxy")}/webhooks/whatsapp", whatsapp["Webhooks__Url"]);
        Assert.Equal($"ws://localhost:{app.GetEndpoint("sockets").Port}/ws/chat", worker["WA_WEB_SOCKET_URL"]);
        Assert.Matches("^local:.{44}$", worker["WA_SESSION_KEYS"]);
        Assert.Equal(Url(app, "sockets"), whatsapp["Sockets__Url"]);
        Assert.Equal("/seed.json", firebase["Seed__File"]);
        Assert.Equal(Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "..", "firestore.rules")), firebase["Firestore__RulesFile"]);
        Assert.Equal(Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "..", "firestore.indexes.json")), firebase["Firestore__IndexesFile"]);
    }

    [Fact]
    public async Task an_apphost_whose_builder_is_dropped_ends_without_running()
    {
        for (var i = 0; i < 3; i++)
        {
            var builder = await CreateAsync();
            await builder.DisposeAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => builder.BuildAsync().WaitAsync(TestApps.Patience));
        }
    }

    private static Task<IDistributedApplicationTestingBuilder> CreateAsync(params string[] args) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.WaAspire_AppHost>(args).WaitAsync(TestApps.Patience);

    private static IEnumerable<string> Processes(IDistributedApplicationTestingBuilder builder) =>
        builder.Resources.Where(r => r is ProjectResource or RedisResource or ExecutableResource).Select(r => r.Name).Order();

    private static IEnumerable<string> Awaited(IDistributedApplicationTestingBuilder builder, string name) =>
        Named(builder, name).Annotations.OfType<WaitAnnotation>().Select(w => w.Resource.Name).Order();

    private static IResource Named(IDistributedApplicationTestingBuilder builder, string name) => builder.Resources.Single(r => r.Name == name);

    private static string Url(DistributedApplication app, string resource) => app.GetEndpoint(resource).GetLeftPart(UriPartial.Authority);

    private static async Task<Dictionary<string, object>> EnvironmentAsync(IDistributedApplicationTestingBuilder builder, string name)
    {
        var context = new EnvironmentCallbackContext(builder.ExecutionContext);
        foreach (var annotation in Named(builder, name).Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            try
            {
                await annotation.Callback(context);
            }
            catch (DistributedApplicationException fault) when (fault.Message == "Not in this test.")
            {
                // The last callback, ours.
            }
        }

        return context.EnvironmentVariables;
    }

    private static async Task<Dictionary<string, string?>> ValuesAsync(IDistributedApplicationTestingBuilder builder, string name)
    {
        var values = new Dictionary<string, string?>();
        foreach (var (key, value) in await EnvironmentAsync(builder, name))
            values[key] = await ValueAsync(value);
        return values;
    }

    private static async Task<string?> ValueAsync(object value) => value is IValueProvider provider ? await provider.GetValueAsync() : (string)value;
}
