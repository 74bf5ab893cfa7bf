using System.Globalization;
using System.Text.RegularExpressions;

namespace WaAspire.Tests.Observability;

/// <summary>One family of a page: its type, and its series with their labels.</summary>
public sealed record PrometheusFamily(string Name, string Type, string Help, List<PrometheusSample> Samples)
{
    public IEnumerable<string> Labels => Samples.SelectMany(sample => sample.Labels.Keys).Distinct();
}

public sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>
/// A strict reader of Prometheus's text format, written from its description and not from our writer: whatever is not
/// lawful there fails here. Families come once, with their head first; no series comes twice; buckets only grow.
/// </summary>
public static partial class PrometheusPage
{
    public static Dictionary<string, PrometheusFamily> Read(string page)
    {
        Assert.EndsWith("\n", page);
        var families = new Dictionary<string, PrometheusFamily>(StringComparer.Ordinal);
        PrometheusFamily? family = null;
        string? helped = null;
        foreach (var line in page[..^1].Split('\n'))
        {
            if (HelpLine().Match(line) is { Success: true } help)
            {
                helped = help.Groups[1].Value;
                family = new PrometheusFamily(helped, "", help.Groups[2].Value, []);
            }
            else if (TypeLine().Match(line) is { Success: true } type)
            {
                Assert.Equal(helped, type.Groups[1].Value);
                family = family! with { Type = type.Groups[2].Value };
                Assert.True(families.TryAdd(family.Name, family), $"{family.Name} has two heads");
            }
            else
            {
                family!.Samples.Add(ReadSample(line, family));
            }
        }

        foreach (var each in families.Values)
        {
            Check(each);
        }

        return families;
    }

    private static PrometheusSample ReadSample(string line, PrometheusFamily family)
    {
        var match = SampleLine().Match(line);
        Assert.True(match.Success, $"no sample: {line}");
        var name = match.Groups["name"].Value;
        string[] suffixes = family.Type == "histogram" ? ["_bucket", "_sum", "_count"] : [""];
        Assert.Contains(name, suffixes.Select(suffix => family.Name + suffix));
        var labels = LabelPair().Matches(match.Groups["labels"].Value).ToDictionary(
            pair => pair.Groups[1].Value, pair => pair.Groups[2].Value.Replace("\\\"", "\"").Replace("\\n", "\n").Replace("\\\\", "\\"), StringComparer.Ordinal);
        var value = match.Groups["value"].Value switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            var number => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        return new PrometheusSample(name, labels, value);
    }

    private static void Check(PrometheusFamily family)
    {
        Assert.Contains(family.Type, new[] { "counter", "gauge", "histogram" });
        var keys = family.Samples.Select(sample => Key(sample, except: null)).ToList();
        Assert.Equal(keys.Distinct().Count(), keys.Count);
        if (family.Type == "counter")
        {
            Assert.EndsWith("_total", family.Name);
            Assert.All(family.Samples, sample => Assert.True(sample.Value >= 0));
        }

        foreach (var series in family.Samples.Where(sample => sample.Name.EndsWith("_bucket", StringComparison.Ordinal)).GroupBy(sample => Key(sample, "le")))
        {
            var bounds = series.Select(bucket => bucket.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(bucket.Labels["le"], CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(bounds.Order(), bounds);
            Assert.Equal(series.Select(bucket => bucket.Value).Order(), series.Select(bucket => bucket.Value));
            Assert.Equal(double.PositiveInfinity, bounds[^1]);
            var count = family.Samples.Single(sample => sample.Name.EndsWith("_count", StringComparison.Ordinal) && Key(sample, null)[(family.Name.Length + 6)..] == series.Key[(family.Name.Length + 7)..]);
            Assert.Equal(count.Value, series.Last().Value);
        }
    }

    private static string Key(PrometheusSample sample, string? except) =>
        sample.Name + string.Join(',', sample.Labels.Where(label => label.Key != except).OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));

    [GeneratedRegex(@"^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$")]
    private static partial Regex HelpLine();

    [GeneratedRegex(@"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (\w+)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)*)\})? (?<value>[-+]?(Inf|NaN|[0-9.eE+-]+))$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex LabelPair();
}
