using System.Globalization;
using System.Text.RegularExpressions;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Observability;
using WaAspire.Worker.Alarms;
using YamlDotNet.Serialization;

namespace WaAspire.Tests.Alarms;

/// <summary>deploy/alerts.yml, the table in the code and docs/operations.md say the same, by metrics that exist.</summary>
public sealed partial class AlarmRulesTests
{
    [Fact]
    public void the_rules_for_prometheus_are_the_table() => Assert.Equal(
        AlarmTable.All.Select(alarm => $"{alarm.Name} | {alarm.Expression} | {alarm.For.TotalMinutes.ToString(CultureInfo.InvariantCulture)}m | {alarm.Summary} | {alarm.Action}"),
        Rules().Select(rule => $"{rule["alert"]} | {rule["expr"]} | {rule["for"]} | {Annotation(rule, "summary")} | {Annotation(rule, "action")}"));

    [Fact]
    public void every_metric_in_a_rule_is_one_that_is_emitted()
    {
        // The page itself is held to the running system by a test of its own.
        var emitted = TelemetryPage.Metrics.Select(metric => metric.Family).ToHashSet();

        Assert.All(AlarmTable.All, alarm => Assert.Subset(emitted, Metric().Matches(alarm.Expression).Select(match => match.Value).ToHashSet()));
        Assert.All(AlarmTable.All, alarm => Assert.Matches(Metric(), alarm.Expression));
    }

    [Fact]
    public void every_alarm_has_its_first_action_in_the_operations_page()
    {
        var page = File.ReadAllText(Path.Combine(Artifacts.Root, "docs", "operations.md")).ReplaceLineEndings("\n");

        Assert.All(AlarmTable.All, alarm =>
        {
            var section = Regex.Match(page, $@"\n### {alarm.Name}\n(.*?)(?=\n##|\z)", RegexOptions.Singleline).Groups[1].Value;
            Assert.Contains(alarm.Action, section.Replace("\n", " "), StringComparison.Ordinal);
        });
    }

    private static List<Dictionary<object, object>> Rules()
    {
        var file = new DeserializerBuilder().Build().Deserialize<Dictionary<string, List<Dictionary<string, object>>>>(
            File.ReadAllText(Path.Combine(Artifacts.Root, "deploy", "alerts.yml")));
        return [.. ((List<object>)file["groups"].Single()["rules"]).Cast<Dictionary<object, object>>()];
    }

    private static object Annotation(Dictionary<object, object> rule, string name) => ((Dictionary<object, object>)rule["annotations"])[name];

    [GeneratedRegex("waaspire_[a-z_]+")]
    private static partial Regex Metric();
}
