using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

public sealed class AddFirestoreTests
{
    [Fact]
    public async Task everything_is_registered_and_talks_to_the_emulator_named_by_the_environment()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.CommitAsync());
        using var host = Build(("FIREBASE_PROJECT_ID", "demo-test"), ("FIRESTORE_EMULATOR_HOST", server.Url.Authority));

        var outcome = await host.Services.GetRequiredService<CommitBatcher>().CommitAsync(
            new CommitMember([FirestoreUnderTest.Create("outbox/a")], "test", "outbox/a", _ => true), CancellationToken.None);

        Assert.IsType<CommitOutcome.Committed>(outcome);
        Assert.Equal(1, host.Services.GetRequiredService<FirestoreCost>().Total("write"));
        Assert.Equal(2026, host.Services.GetRequiredService<ServerClock>().Now.Year);
        Assert.NotNull(host.Services.GetRequiredService<DocumentGatherer>());
    }

    [Fact]
    public async Task without_a_project_the_host_does_not_start_and_says_which_setting_is_missing()
    {
        using var host = Build();

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains("FIREBASE_PROJECT_ID", exception.Message);
    }

    [Fact]
    public async Task an_unreadable_key_stops_the_start_and_is_not_quoted()
    {
        using var host = Build(
            ("FIREBASE_PROJECT_ID", "demo-test"), ("FIREBASE_CLIENT_EMAIL", "a@b.c"), ("FIREBASE_PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----\\nTOPSECRET"));

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains("FIREBASE_PRIVATE_KEY", exception.Message);
        Assert.DoesNotContain("TOPSECRET", exception.ToString());
    }

    public static TheoryData<string, string> KeyForms()
    {
        var escaped = TestKey.Pem.Replace("\n", "\\n", StringComparison.Ordinal);
        var json = JsonSerializer.Serialize(new { type = "service_account", client_email = "a@b.c", private_key = TestKey.Pem });
        return new()
        {
            { "FIREBASE_PRIVATE_KEY", TestKey.Pem },
            { "FIREBASE_PRIVATE_KEY", escaped },
            { "FIREBASE_PRIVATE_KEY", $"\"{escaped}\"" },
            { "FIREBASE_PRIVATE_KEY", Convert.ToBase64String(Encoding.UTF8.GetBytes(TestKey.Pem)) },
            { "FIREBASE_PRIVATE_KEY", json },
            { "FIREBASE_PRIVATE_KEY", Convert.ToBase64String(Encoding.UTF8.GetBytes(json)) },
            { "FIREBASE_SERVICE_ACCOUNT_JSON", json },
        };
    }

    [Theory]
    [MemberData(nameof(KeyForms), DisableDiscoveryEnumeration = true)]
    public void a_key_is_read_in_each_form_that_deployments_have(string setting, string value)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [setting] = value, ["FIREBASE_CLIENT_EMAIL"] = "a@b.c" })
            .Build();

        Assert.NotNull(ServiceAccountKey.Find(configuration));
    }

    [Fact]
    public async Task health_asks_firestore_once_and_then_remembers_for_a_while()
    {
        await using var server = await ScriptedFirestore.StartAsync(
            call => call.AnswerAsync("""[{"missing":"x","readTime":"2026-01-31T12:00:00Z"}]"""));
        using var host = Build(("FIREBASE_PROJECT_ID", "demo-test"), ("FIRESTORE_EMULATOR_HOST", server.Url.Authority));
        var health = host.Services.GetRequiredService<HealthCheckService>();

        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);

        Assert.Single(server.Calls);
    }

    [Fact]
    public async Task health_fails_when_firestore_does_not_answer_in_time()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.NeverAnswerAsync());
        using var host = Build(
            ("FIREBASE_PROJECT_ID", "demo-test"), ("FIRESTORE_EMULATOR_HOST", server.Url.Authority),
            ("Firestore:HealthTimeout", "00:00:00.100"), ("Firestore:ReadTimeout", "00:00:01"), ("Firestore:ConnectTimeout", "00:00:01"));

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(HealthStatus.Unhealthy, report.Entries["firestore"].Status);
    }

    private static IHost Build(params (string Key, string Value)[] settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value));
        builder.AddFirestore();
        return builder.Build();
    }
}
