using System.Text.RegularExpressions;
using WaAspire.ServiceDefaults;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Observability;

/// <summary>docs/telemetry.md and the running system say the same, both ways.</summary>
public sealed partial class TelemetryPageTests(TelemetrySystem system) : IClassFixture<TelemetrySystem>
{
    private const string Scope = "otel_scope_name";

    [Theory]
    [InlineData("proxy")]
    [InlineData("worker")]
    public async Task what_a_process_emits_is_what_the_page_says(string process)
    {
        var documented = TelemetryPage.Metrics.Where(metric => metric.IsOf(process)).ToDictionary(metric => metric.Family, metric => metric.Type);

        // Some parts are made when they are first needed; nothing of it is ever taken back.
        Dictionary<string, PrometheusFamily> emitted = [];
        await Eventually.IsTrueAsync(
            async () => (emitted = await system.ReadAsync(process)).Count >= documented.Count,
            "all is emitted that the page says",
            TimeSpan.FromSeconds(30));

        Assert.Equal(Lines(documented), Lines(emitted.ToDictionary(family => family.Key, family => family.Value.Type)));
    }

    [Theory]
    [InlineData("proxy")]
    [InlineData("worker")]
    public async Task a_tag_is_one_that_the_page_names(string process)
    {
        var emitted = await system.ReadAsync(process);

        Assert.All(TelemetryPage.Metrics.Where(metric => metric.IsOf(process) && emitted.ContainsKey(metric.Family)), metric =>
            Assert.Subset(new HashSet<string>(metric.Tags), emitted[metric.Family].Labels.Except([Scope, "le"]).ToHashSet()));
    }

    [Fact]
    public async Task the_tags_of_our_metrics_are_seen_where_there_was_traffic()
    {
        var emitted = (await system.ReadAsync("proxy")).Values.Concat((await system.ReadAsync("worker")).Values).ToLookup(family => family.Name);

        Assert.All(TelemetryPage.Metrics.Where(metric => metric.Name.Contains("waaspire") || metric.Name.StartsWith("messaging", StringComparison.Ordinal)), metric =>
        {
            var labels = emitted[metric.Family].SelectMany(family => family.Labels).ToHashSet();
            Assert.True(labels.Count == 0 || labels.IsSupersetOf(metric.Tags), $"{metric.Name} has {string.Join(", ", labels)}");
        });
    }

    [Fact]
    public async Task the_numbers_are_those_of_what_happened()
    {
        var worker = await ReadWithFiguresAsync();
        var proxy = await system.ReadAsync("proxy");

        Assert.Equal(1, Sum(proxy, "waaspire_proxy_sends_total", "outcome", "duplicate"));
        Assert.Equal(2, Sum(proxy, "waaspire_proxy_sends_total", "outcome", "accepted"));
        Assert.Equal(1, Count(proxy, "waaspire_outbox_arrival_duration_seconds", "status", "delivered"));
        Assert.Equal(1, Count(proxy, "waaspire_outbox_arrival_duration_seconds", "status", "read"));
        Assert.Equal(1, Sum(proxy, "waaspire_inbound_messages_total", "outcome", "Seen"));
        Assert.Equal(1, Sum(proxy, "waaspire_inbound_dedupe_hits_total", Scope, "WaAspire.Messaging"));
        Assert.Equal(1, Sum(worker, "waaspire_outbox_outcomes_total", "outcome", "Accepted"));
        Assert.Equal(1, Sum(worker, "waaspire_outbox_outcomes_total", "reason", "131026"));
        Assert.Equal(1, Sum(worker, "messaging_client_sent_messages_total", "error_type", "131026"));
        Assert.Equal(2, Count(worker, "waaspire_outbox_queue_duration_seconds", Scope, "WaAspire.Worker"));
        Assert.Equal(2, Count(worker, "messaging_process_duration_seconds", Scope, "WaAspire.Worker"));
        Assert.Equal(1, Sum(worker, "waaspire_outbox_dead_letters_recent", Scope, "WaAspire.Worker"));
        Assert.Equal(1, Sum(worker, "waaspire_redis_up", Scope, "WaAspire.Redis"));
        Assert.Equal(1, Sum(worker, "waaspire_accounts", "status", "connected"));
        Assert.InRange(Count(worker, "waaspire_firestore_commit_members", Scope, "WaAspire.Firestore"), 2, double.MaxValue);
    }

    [Fact]
    public async Task nothing_personal_is_in_it()
    {
        var page = await system.Worker.GetStringAsync("/metrics") + await system.Proxy.GetStringAsync("/metrics");

        Assert.DoesNotContain(system.Company.PhoneOf(1), page, StringComparison.Ordinal);
        Assert.DoesNotContain("whatsapp.net", page, StringComparison.Ordinal);
    }

    [Fact]
    public void the_page_names_every_trace_source()
    {
        var ours = from file in Directory.EnumerateFiles(Artifacts.Root, "*.cs", SearchOption.AllDirectories)
                   where file.StartsWith(Path.Combine(Artifacts.Root, "WaAspire."), StringComparison.Ordinal) && !file.Contains("WaAspire.Tests", StringComparison.Ordinal)
                   from Match source in NewSource().Matches(File.ReadAllText(file))
                   select source.Groups[1].Value;

        Assert.Equal(Telemetry.SourceNames.Order(), TelemetryPage.Sources.Where(source => Telemetry.SourceNames.Contains(source)).Order());
        Assert.Subset(TelemetryPage.Sources.ToHashSet(), ours.ToHashSet());
    }

    private static double Sum(Dictionary<string, PrometheusFamily> page, string family, string label, string value, string suffix = "") =>
        page[family].Samples.Where(sample => sample.Name == family + suffix && sample.Labels.GetValueOrDefault(label) == value).Sum(sample => sample.Value);

    private static double Count(Dictionary<string, PrometheusFamily> page, string family, string label, string value) => Sum(page, family, label, value, "_count");

    private static IEnumerable<string> Lines(Dictionary<string, string> families) => families.Select(family => $"{family.Key} {family.Value}").Order(StringComparer.Ordinal);

    /// <summary>The first look asks for the figures, a later one shows them.</summary>
    private Task<Dictionary<string, PrometheusFamily>> ReadWithFiguresAsync() => Eventually.GetAsync(
        async () => await system.ReadAsync("worker") is var page && page["waaspire_outbox_dead_letters_recent"].Samples.Count > 0 ? page : null, "the figures are shown");

    [GeneratedRegex("""new ActivitySource\("([^"]+)"\)""")]
    private static partial Regex NewSource();
}
