using System.Text.Json;
using System.Text.RegularExpressions;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Observability;

/// <summary>deploy/grafana.json asks only for what is emitted, by tags that it has.</summary>
public sealed partial class DashboardTests
{
    private static readonly JsonElement _dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Artifacts.Root, "deploy", "grafana.json"))).RootElement;

    [Fact]
    public void every_metric_that_it_asks_for_is_one_that_is_emitted()
    {
        // The page itself is held to the running system by a test of its own.
        var emitted = TelemetryPage.Metrics.SelectMany(metric => metric.Type == "histogram"
            ? new[] { "_bucket", "_sum", "_count" }.Select(part => metric.Family + part) : [metric.Family]).ToHashSet();
        var asked = Expressions().SelectMany(expression => Metric().Matches(expression)).Select(match => match.Value).ToHashSet();

        Assert.NotEmpty(asked);
        Assert.Subset(emitted, asked);
    }

    [Fact]
    public void it_groups_by_tags_that_the_metric_has() => Assert.All(Expressions(), expression =>
    {
        var tags = TelemetryPage.Metrics.Where(metric => expression.Contains(metric.Family, StringComparison.Ordinal)).SelectMany(metric => metric.Tags).Concat(["le", "instance"]).ToHashSet();
        Assert.Subset(tags, Grouping().Matches(expression).SelectMany(match => match.Groups[1].Value.Split(", ")).ToHashSet());
    });

    [Fact]
    public void panels_do_not_lie_on_each_other()
    {
        var places = _dashboard.GetProperty("panels").EnumerateArray().Select(panel => panel.GetProperty("gridPos")).SelectMany(grid =>
            from x in Enumerable.Range(grid.GetProperty("x").GetInt32(), grid.GetProperty("w").GetInt32())
            from y in Enumerable.Range(grid.GetProperty("y").GetInt32(), grid.GetProperty("h").GetInt32())
            select (x, y)).ToList();

        Assert.Equal(places.Count, places.Distinct().Count());
        Assert.All(places, place => Assert.InRange(place.x, 0, 23));
    }

    private static List<string> Expressions() =>
    [
        .. _dashboard.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!),
    ];

    [GeneratedRegex("(waaspire|messaging|dotnet|http|kestrel)_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex(@"by \(([a-z_, ]+)\)")]
    private static partial Regex Grouping();
}
