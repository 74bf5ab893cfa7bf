using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry.Trace;
using StackExchange.Redis;
using WaAspire.ServiceDefaults.Tracing;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.ServiceDefaults;

/// <summary>The Redis client by Aspire's names: its settings, its health check, its spans.</summary>
public sealed class RedisClientTests(RedisServer server) : IClassFixture<RedisServer>
{
    private const string Nobody = "127.0.0.1:1,abortConnect=false,connectRetry=0,connectTimeout=100";
    private const string Phone = "40712345678";

    [Fact]
    public async Task a_span_shows_the_commands_that_were_made_under_it_and_not_their_keys()
    {
        var name = $"Test.{Guid.NewGuid():N}";
        using var host = Build($"ConnectionStrings:redis={server.ConnectionString}");
        var (redis, kept) = (host.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase(), new KeptSpans());
        using var source = new ActivitySource(name);
        using var provider = KeptSpans.Watch(new AlwaysOnSampler(), [name, RedisSpans.SourceName], host.Services.GetRequiredService<RedisSpans>(), kept);

        await redis.PingAsync();
        Assert.Empty(kept.Exported);

        using (source.StartActivity("request"))
        {
            await redis.StringSetAsync($"of {Phone}", Phone);
            await redis.ScriptEvaluateAsync("return redis.call('GET', KEYS[1])", [$"of {Phone}"]);
            Assert.Empty(kept.Exported);
        }

        var request = kept.Exported[^1];
        var commands = kept.Exported.Where(span => span.Source.Name == RedisSpans.SourceName && span.ParentSpanId == request.SpanId).ToList();
        Assert.Contains(commands, span => span.OperationName == "SET");
        Assert.Contains(commands, span => span.OperationName.StartsWith("EVAL", StringComparison.Ordinal));
        Assert.All(commands, span =>
        {
            Assert.Equal((ActivityKind.Client, request.TraceId, "redis", server.Port), (span.Kind, span.TraceId, span.GetTagItem("db.system.name"), span.GetTagItem("server.port")));
            Assert.InRange(span.Duration, TimeSpan.FromTicks(1), request.Duration);
            Assert.DoesNotContain(span.TagObjects, tag => $"{tag.Key}{tag.Value}".Contains(Phone, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void what_is_switched_off_is_not_there()
    {
        using var on = Build($"ConnectionStrings:redis={Nobody}");
        using var off = Build($"ConnectionStrings:redis={Nobody}", "Aspire:StackExchange:Redis:DisableTracing=true", "Aspire:StackExchange:Redis:redis:DisableHealthChecks=true");

        Assert.NotNull(on.Services.GetService<RedisSpans>());
        Assert.Contains("StackExchange.Redis", Checks(on));
        Assert.Null(off.Services.GetService<RedisSpans>());
        Assert.DoesNotContain("StackExchange.Redis", Checks(off));
    }

    [Theory]
    [InlineData("10.0.0.1:1", "Aspire:StackExchange:Redis:ConnectionString=10.0.0.1:1")]
    [InlineData("10.0.0.2:2", "Aspire:StackExchange:Redis:ConnectionString=10.0.0.1:1", "Aspire:StackExchange:Redis:redis:ConnectionString=10.0.0.2:2")]
    [InlineData("10.0.0.3:3", "Aspire:StackExchange:Redis:redis:ConnectionString=10.0.0.2:2", "ConnectionStrings:redis=10.0.0.3:3")]
    [InlineData("10.0.0.4:4", "ConnectionStrings:redis=10.0.0.3:3", "code=10.0.0.4:4")]
    public void the_nearer_setting_wins(string expected, params string[] settings)
    {
        // The options are made, and nobody connects with them.
        var made = new InvalidOperationException();
        ConfigurationOptions? options = null;
        var builder = Host.CreateApplicationBuilder([.. settings.Where(setting => !setting.StartsWith("code=", StringComparison.Ordinal)).Append("Aspire:StackExchange:Redis:ConfigurationOptions:ConnectTimeout=1234").Select(setting => "--" + setting)]);
        builder.AddRedisClient(
            "redis",
            own => own.ConnectionString = settings.FirstOrDefault(setting => setting.StartsWith("code=", StringComparison.Ordinal))?[5..] ?? own.ConnectionString,
            seen =>
            {
                options = seen;
                throw made;
            });
        using var host = builder.Build();

        Assert.Same(made, Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<IConnectionMultiplexer>()));
        Assert.Equal((expected, 1234, false), (string.Join(',', options!.EndPoints.Select(end => end.ToString())), options.ConnectTimeout, options.AbortOnConnectFail));
    }

    [Fact]
    public void without_an_endpoint_the_error_names_both_places()
    {
        using var host = Build();

        var error = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<IConnectionMultiplexer>());
        Assert.Contains("ConnectionStrings:redis", error.Message, StringComparison.Ordinal);
        Assert.Contains("Aspire:StackExchange:Redis", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HealthStatus.Degraded, 200)]
    [InlineData(HealthStatus.Unhealthy, 503)]
    public async Task health_asks_every_check_and_alive_only_the_process(HealthStatus status, int expected)
    {
        var builder = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None"]);
        builder.AddServiceDefaults();
        builder.Services.AddHealthChecks().AddCheck("something", () => new HealthCheckResult(status));
        await using var app = builder.Build();
        app.MapDefaultEndpoints();
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        using var health = await client.GetAsync("/health");
        Assert.Equal((expected, status.ToString()), ((int)health.StatusCode, await health.Content.ReadAsStringAsync()));
        Assert.Equal("Healthy", await client.GetStringAsync("/alive"));
    }

    private static IEnumerable<string> Checks(IHost host) => host.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.Select(check => check.Name);

    private static IHost Build(params string[] settings)
    {
        var builder = Host.CreateApplicationBuilder([.. settings.Select(setting => "--" + setting)]);
        builder.AddRedisClient("redis");
        return builder.Build();
    }
}
