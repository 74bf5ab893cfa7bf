using System.Text.RegularExpressions;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Observability;

/// <summary>One row of docs/telemetry.md.</summary>
public sealed record DocumentedMetric(string Name, string Family, string Type, string Unit, string[] Tags, string Who)
{
    public bool IsOf(string process) => Who == "both" || Who.StartsWith(process, StringComparison.Ordinal);
}

/// <summary>One span of ours: a name with <c>{…}</c> for a word that varies, or <c>*</c>; its source, and its tags.</summary>
public sealed record DocumentedSpan(string Name, string Source, string[] Tags)
{
    public bool Covers(string name, string source) => source == Source && (Name == "*" || name.StartsWith(Name.Split('{')[0], StringComparison.Ordinal));
}

/// <summary>docs/telemetry.md as data.</summary>
public static partial class TelemetryPage
{
    private const int MetricColumns = 7;
    private const int SpanColumns = 5;

    public static IReadOnlyList<DocumentedMetric> Metrics { get; } =
    [
        .. Rows().Where(row => row.Length == MetricColumns).Select(row => new DocumentedMetric(
            Quoted().Match(row[0]).Groups[1].Value, Quoted().Match(row[1]).Groups[1].Value, row[2], row[3], [.. Quoted().Matches(row[4]).Select(tag => tag.Groups[1].Value)], row[5])),
    ];

    public static IReadOnlyList<string> Sources { get; } =
        [.. Rows("## Trace sources").Where(row => row.Length == 2).Select(row => Quoted().Match(row[0]).Groups[1].Value)];

    public static IReadOnlyList<DocumentedSpan> Spans { get; } =
    [
        .. Rows("## Spans of ours").Where(row => row.Length == SpanColumns).Select(row => new DocumentedSpan(
            Quoted().Match(row[0]).Groups[1].Value, Quoted().Match(row[1]).Groups[1].Value, [.. Quoted().Matches(row[3]).Select(tag => tag.Groups[1].Value)])),
    ];

    private static IEnumerable<string[]> Rows(string after = "# Telemetry") =>
        File.ReadLines(Path.Combine(Artifacts.Root, "docs", "telemetry.md"))
            .SkipWhile(line => line != after)
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split(" | "));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
