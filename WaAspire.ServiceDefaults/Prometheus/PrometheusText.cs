using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace WaAspire.ServiceDefaults.Prometheus;

/// <summary>
/// Prometheus's text format 0.0.4, by OpenTelemetry's rules for names: dots become underscores, the unit is spelled out,
/// counters end in <c>_total</c>. Two meters may have an instrument of one name, so each series names its meter.
/// <code>
/// # HELP waaspire_pacing_waits_total Lanes put aside because …
/// # TYPE waaspire_pacing_waits_total counter
/// waaspire_pacing_waits_total{otel_scope_name="WaAspire.Worker"} 3
/// </code>
/// </summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    public const string Counter = "counter";
    public const string Gauge = "gauge";
    public const string Histogram = "histogram";

    /// <param name="name">As the instrument has it: <c>waaspire.pacing.waits</c>.</param>
    /// <param name="unit">Its unit in UCUM's words; one in braces says what is counted and is left out.</param>
    /// <param name="type">The family's type.</param>
    public static string NameOf(string name, string? unit, string type)
    {
        var plain = new StringBuilder(name.Length);
        foreach (var letter in name)
        {
            plain.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        }

        var suffix = SuffixOf(unit, type);
        if (suffix.Length > 0 && !plain.ToString().EndsWith(suffix, StringComparison.Ordinal))
        {
            plain.Append(suffix);
        }

        return type == Counter && !plain.ToString().EndsWith("_total", StringComparison.Ordinal) ? plain.Append("_total").ToString() : plain.ToString();
    }

    public static void WriteHead(StringBuilder text, string family, string type, string? help)
    {
        text.Append("# HELP ").Append(family).Append(' ').Append(help?.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n');
        text.Append("# TYPE ").Append(family).Append(' ').Append(type).Append('\n');
    }

    public static void WritePoints(StringBuilder text, string family, Metric metric)
    {
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = LabelsOf(metric.MeterName, point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.Histogram:
                    WriteHistogram(text, family, labels, point);
                    break;
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    WriteLine(text, family, labels, point.GetSumLong());
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    WriteLine(text, family, labels, point.GetSumDouble());
                    break;
                case MetricType.LongGauge:
                    WriteLine(text, family, labels, point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleGauge:
                    WriteLine(text, family, labels, point.GetGaugeLastValueDouble());
                    break;
            }
        }
    }

    private static string SuffixOf(string? unit, string type) => unit switch
    {
        "s" => "_seconds",
        "ms" => "_milliseconds",
        "By" => "_bytes",
        "%" => "_percent",
        "1" when type == Gauge => "_ratio",
        _ => "",
    };

    private static void WriteHistogram(StringBuilder text, string family, string labels, in MetricPoint point)
    {
        // Each bucket holds all that is not above its bound; OpenTelemetry counts what lies between two.
        long upTo = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            upTo += bucket.BucketCount;
            WriteLine(text, family + "_bucket", $"{labels},le=\"{Number(bucket.ExplicitBound)}\"", upTo);
        }

        WriteLine(text, family + "_sum", labels, point.GetHistogramSum());
        WriteLine(text, family + "_count", labels, point.GetHistogramCount());
    }

    private static string LabelsOf(string meter, ReadOnlyTagCollection tags)
    {
        var labels = new StringBuilder("otel_scope_name=\"").Append(Escape(meter)).Append('"');
        foreach (var (key, value) in tags)
        {
            var name = string.Concat(key.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));
            labels.Append(',').Append(name).Append("=\"").Append(Escape(Convert.ToString(value, CultureInfo.InvariantCulture))).Append('"');
        }

        return labels.ToString();
    }

    private static void WriteLine(StringBuilder text, string name, string labels, double value) =>
        text.Append(name).Append('{').Append(labels).Append("} ").Append(Number(value)).Append('\n');

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Escape(string? value) => (value ?? "").Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
