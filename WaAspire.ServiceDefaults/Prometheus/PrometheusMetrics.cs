using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace WaAspire.ServiceDefaults.Prometheus;

/// <summary>
/// Every metric of this process for who asks <c>/metrics</c>. Enters: measurements, from the moment the host starts.
/// Leaves: text, on request. An instrument that has measured nothing yet shows its type only, so that rules and
/// dashboards can tell "never happened" from "no longer there". If we die, counters begin at zero again, as they may.
/// </summary>
internal sealed class PrometheusMetrics : IHostedService, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Instrument, Family> _instruments = [];
    private readonly LatestMetrics _latest = new();
    private readonly IMeterFactory _meters;
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;
    private readonly MeterListener _listener = new();

    /// <param name="meters">The host's own. Another host in this process (as in tests) has its own page, and keeping room for its metrics would cost twice.</param>
    public PrometheusMetrics(IMeterFactory meters)
    {
        _meters = meters;
        _reader = new BaseExportingMetricReader(_latest);
        _provider = Sdk.CreateMeterProviderBuilder().AddMeter([.. Telemetry.MeterNames]).AddView(instrument => IsOurs(instrument) ? null : MetricStreamConfiguration.Drop).AddReader(_reader).Build();
        _listener.InstrumentPublished = (instrument, listener) => Learn(instrument, listener);
        _listener.MeasurementsCompleted = (instrument, _) => Forget(instrument);
        _listener.Start();
    }

    /// <summary>What is known now. Callers take turns: the reader has one place to put its answer.</summary>
    public string Read()
    {
        lock (_gate)
        {
            _latest.Points.Clear();
            _reader.Collect();
            var text = new StringBuilder();
            foreach (var family in _instruments.Values.Distinct().Concat(_latest.Points.Select(point => point.Family)).GroupBy(family => family.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                PrometheusText.WriteHead(text, family.Key, family.First().Type, family.First().Help);
                foreach (var (_, lines) in _latest.Points.Where(point => point.Family.Name == family.Key))
                {
                    text.Append(lines);
                }
            }

            return text.ToString();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _listener.Dispose();
        _provider.Dispose();
        _reader.Dispose();
    }

    private bool IsOurs(Instrument instrument) => instrument.Meter.Scope is not IMeterFactory other || other == _meters;

    private void Learn(Instrument instrument, MeterListener listener)
    {
        if (!Telemetry.IsOurs(instrument.Meter.Name) || !IsOurs(instrument))
        {
            return;
        }

        var kind = instrument.GetType().Name;
        var type = kind.StartsWith("Histogram", StringComparison.Ordinal) ? PrometheusText.Histogram
            : kind.Contains("UpDown", StringComparison.Ordinal) || kind.Contains("Gauge", StringComparison.Ordinal) ? PrometheusText.Gauge
            : PrometheusText.Counter;
        lock (_gate)
        {
            _instruments[instrument] = new Family(PrometheusText.NameOf(instrument.Name, instrument.Unit, type), type, instrument.Description);
        }

        // Without a callback it measures nothing, but tells when the instrument goes.
        listener.EnableMeasurementEvents(instrument);
    }

    private void Forget(Instrument instrument)
    {
        lock (_gate)
        {
            _instruments.Remove(instrument);
        }
    }

    /// <summary>A name of Prometheus's: one head, and the series of every instrument of that name.</summary>
    private sealed record Family(string Name, string Type, string? Help);

    /// <summary>Takes what a collection found, as text: the points are only good until it returns.</summary>
    private sealed class LatestMetrics : BaseExporter<Metric>
    {
        public List<(Family Family, string Lines)> Points { get; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                var type = metric.MetricType switch
                {
                    MetricType.Histogram => PrometheusText.Histogram,
                    MetricType.LongSum or MetricType.DoubleSum => PrometheusText.Counter,
                    _ => PrometheusText.Gauge,
                };
                var family = new Family(PrometheusText.NameOf(metric.Name, metric.Unit, type), type, metric.Description);
                var lines = new StringBuilder();
                PrometheusText.WritePoints(lines, family.Name, metric);
                Points.Add((family, lines.ToString()));
            }

            return ExportResult.Success;
        }
    }
}
