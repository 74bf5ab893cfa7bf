using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Accounts;

namespace WaAspire.Worker.Observability;

/// <summary>
/// The queue as gauges. An export must not cost reads, and a fleet that nobody watches must cost none: so a gauge that is
/// asked shows what was read last and asks for more; the reading follows here, at most every <c>FiguresEvery</c>, and on
/// one worker of the fleet, because the figures are the fleet's. A look after a long pause shows nothing rather than what
/// was true long ago; the next one has the answer.
/// </summary>
public sealed class FleetGauges : BackgroundService
{
    private const int FreshTurns = 3;
    private readonly FleetFiguresReader _reader;
    private readonly InstanceDirectory _instances;
    private readonly ServerClock _clock;
    private readonly ObservabilityOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<FleetGauges> _logger;
    private readonly Meter _meter;
    private readonly SemaphoreSlim _looked = new(0, 1);
    private volatile Reading? _latest;

    public FleetGauges(
        FleetFiguresReader reader, InstanceDirectory instances, ServerClock clock, IOptions<ObservabilityOptions> options, TimeProvider time, IMeterFactory meters, ILogger<FleetGauges> logger)
    {
        (_reader, _instances, _clock, _options, _time, _logger) = (reader, instances, clock, options.Value, time, logger);
        _meter = meters.Create(WorkerMetrics.MeterName);
        _meter.CreateObservableGauge("waaspire.outbox.depth", () => Look(Depths), "{message}", "Messages of the fleet by state: queued, processing, uncertain");
        _meter.CreateObservableGauge("waaspire.outbox.lag", () => Look(figures => [new(figures.Shown.OutboxLagSeconds)]), "s", "Age of the oldest queued message whose time has come");
        _meter.CreateObservableGauge("waaspire.outbox.recent", () => Look(Recent), "{message}", "Messages of the fleet that were sent, or failed, in the last five minutes, as /metrics-json counts them");
        _meter.CreateObservableGauge("waaspire.outbox.dead_letters.recent", () => Look(figures => [new(figures.FailedLastHour)]), "{message}", "Dead letters of the last hour");
        _meter.CreateObservableGauge("waaspire.accounts.active", () => Look(figures => [new(figures.Shown.ActiveAccounts)]), "{account}", "Accounts that are connected");
    }

    public override void Dispose()
    {
        _meter.Dispose();
        _looked.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await _looked.WaitAsync(stoppingToken);
            if (_instances.IsFirst && _clock.SinceObservation is not null)
            {
                await LoopTurn.RunAsync("figures", async () => _latest = new Reading(await _reader.ReadAsync(stoppingToken), _time.GetTimestamp()), _logger, stoppingToken);
                await Pause.ForAsync(_options.FiguresEvery, _time, stoppingToken);
            }
        }
    }

    private static IEnumerable<Measurement<long>> Depths(FleetFigures figures) =>
        [Of(figures.Shown.QueuedCount, "state", "queued"), Of(figures.Shown.ProcessingCount, "state", "processing"), Of(figures.Uncertain, "state", "uncertain")];

    private static IEnumerable<Measurement<long>> Recent(FleetFigures figures) =>
        [Of(figures.Shown.SentLast5m, "outcome", "sent"), Of(figures.Shown.FailedLast5m, "outcome", "failed")];

    private static Measurement<long> Of(long value, string tag, string name) => new(value, new KeyValuePair<string, object?>(tag, name));

    private IEnumerable<Measurement<long>> Look(Func<FleetFigures, IEnumerable<Measurement<long>>> show)
    {
        try
        {
            _looked.Release();
        }
        catch (Exception exception) when (exception is SemaphoreFullException or ObjectDisposedException)
        {
            // Somebody has asked already, or the worker is on its way out.
        }

        return _latest is { } latest && _instances.IsFirst && _time.GetElapsedTime(latest.At) < _options.FiguresEvery * FreshTurns ? show(latest.Figures) : [];
    }

    private sealed record Reading(FleetFigures Figures, long At);
}
