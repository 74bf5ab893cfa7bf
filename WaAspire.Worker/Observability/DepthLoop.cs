using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Time;

namespace WaAspire.Worker.Observability;

/// <summary>
/// Counts the outbox for the gauges. A gauge is asked without time to wait, so it tells the last count; and it costs reads
/// only while it is asked: where nobody collects metrics, nothing is counted. Each worker tells of the whole fleet.
/// </summary>
public sealed class DepthLoop(
    OutboxFiguresReader figures, WorkerMetrics metrics, IOptions<ObservabilityOptions> options, TimeProvider time, ILogger<DepthLoop> logger) : BackgroundService
{
    private volatile OutboxFigures? _latest;
    private volatile bool _isAsked;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.ObserveDepth(Depth, Lag);
        while (!stoppingToken.IsCancellationRequested)
        {
            await Pause.ForAsync(options.Value.DepthEvery, time, stoppingToken);
            if (_isAsked)
            {
                _isAsked = false;
                await LoopTurn.RunAsync("depth", async () => _latest = await figures.ReadAsync(stoppingToken), logger, stoppingToken);
            }
        }
    }

    private IEnumerable<Measurement<long>> Depth()
    {
        _isAsked = true;
        return _latest is { } latest ? [In("queued", latest.QueuedCount), In("processing", latest.ProcessingCount)] : [];
    }

    private IEnumerable<Measurement<long>> Lag() => _latest is { } latest ? [new(latest.OutboxLagSeconds)] : [];

    private static Measurement<long> In(string state, long count) => new(count, new KeyValuePair<string, object?>("state", state));
}
