using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Observability;

namespace WaAspire.Worker.Delivery;

/// <summary>
/// Says by itself what users of such systems notice first: accepted, and never delivered. One worker of the fleet looks
/// every few minutes at a sample of what was sent, asks Meta for what is late for the first time, and shows an account
/// whose share of delivered messages has fallen as degraded. It only reads, and writes one field of an account.
/// </summary>
public sealed class DeliveryWatch : BackgroundService
{
    private const string Purpose = "delivery";
    private readonly SentMessages _sent;
    private readonly StatusRepair _repair;
    private readonly InstanceDirectory _instances;
    private readonly CommitBatcher _commits;
    private readonly ServerClock _clock;
    private readonly DeliveryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<DeliveryWatch> _logger;
    private readonly Meter _meter;
    private readonly Dictionary<string, (int Accepted, int Late, int Failed)> _shown = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<AccountDelivery> _latest = [];
    private DateTimeOffset? _askedUntil;

    public DeliveryWatch(
        SentMessages sent, StatusRepair repair, InstanceDirectory instances, CommitBatcher commits, ServerClock clock,
        IOptions<DeliveryOptions> options, TimeProvider time, IMeterFactory meters, ILogger<DeliveryWatch> logger)
    {
        (_sent, _repair, _instances, _commits, _clock) = (sent, repair, instances, commits, clock);
        (_options, _time, _logger) = (options.Value, time, logger);
        _meter = meters.Create(WorkerMetrics.MeterName);
        _meter.CreateObservableGauge(
            "waaspire.delivery.late", () => _latest.Select(account => new Measurement<int>(account.Late, new KeyValuePair<string, object?>("account", account.AccountId))),
            "{message}", "Messages accepted and not delivered for too long, of the last look's sample");
        _meter.CreateObservableGauge("waaspire.delivery.degraded", () => DegradedAccounts, "{account}", "Accounts whose share of delivered messages has fallen");
    }

    /// <summary>Accounts whose share of delivered messages had fallen at the last look of this worker; none on a worker that does not look.</summary>
    public int DegradedAccounts => _latest.Count(account => account.Degraded);

    /// <summary>One look: counts, lists, repairs, shows. Needs Firestore's time to be known.</summary>
    /// <exception cref="FirestoreException">Firestore gives no answer.</exception>
    public async Task<IReadOnlyList<AccountDelivery>> LookAsync(CancellationToken cancellationToken)
    {
        var late = _clock.Now - _options.LateAfter;
        var sample = await _sent.ReadAsync(late - _options.Window, late, cancellationToken);
        await AskAsync(late, cancellationToken);
        var accounts = _sent.ByAccount(sample);
        foreach (var account in accounts)
        {
            await ShowAsync(account, cancellationToken);
        }

        return _latest = accounts;
    }

    /// <summary>
    /// Each message once, when it has become late. After a gap (workers were away, Meta gave no answer, another one looked
    /// until now) that is everything since, as far back as the window; what is more than one look may ask comes with the next.
    /// </summary>
    private async Task AskAsync(DateTimeOffset late, CancellationToken cancellationToken)
    {
        var from = _askedUntil > late - _options.Window ? _askedUntil.Value : late - _options.Window;
        var read = await _sent.ReadAsync(from, late, cancellationToken);
        var open = read.Where(SentMessages.IsOpen).ToList();
        var result = await _repair.RepairAsync(open, cancellationToken);
        _askedUntil = result.Unanswered > 0 ? from
            : open.Count > _options.AskMax ? SentMessages.GoOnAt(open[_options.AskMax])
            : read.Count == _options.SampleMax ? SentMessages.GoOnAt(read[^1])
            : late;
    }

    /// <summary>What is late now, for people who ask.</summary>
    public async Task<IReadOnlyList<AccountDelivery>> ListAsync(CancellationToken cancellationToken)
    {
        var late = _clock.Now - _options.LateAfter;
        return _sent.ByAccount(await _sent.ReadAsync(late - _options.Window, late, cancellationToken));
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Pause.ForAsync(_options.LookEvery, _time, stoppingToken);

            // Two lists of the living may differ for a moment: then two look, which costs reads and nothing else.
            if (!_instances.IsFirst)
            {
                // Another one's figures are newer than what was seen here.
                _latest = [];
            }
            else if (_clock.SinceObservation is not null)
            {
                await LoopTurn.RunAsync(Purpose, () => LookAsync(stoppingToken), _logger, stoppingToken);
            }
        }
    }

    private async Task ShowAsync(AccountDelivery account, CancellationToken cancellationToken)
    {
        var figures = (account.Accepted, account.Late, account.Failed);
        if (_shown.TryGetValue(account.AccountId, out var shown) && shown == figures)
        {
            return;
        }

        var fields = new DocumentFields
        {
            ["delivery"] = FirestoreValue.From(new DocumentFields
            {
                ["accepted"] = account.Accepted,
                ["late"] = account.Late,
                ["failed"] = account.Failed,
                ["share"] = FirestoreValue.From(account.Share),
                ["degraded"] = account.Degraded,
                ["lateMessages"] = FirestoreValue.From(account.Messages),
                ["checkedAt"] = _clock.Now,
            }),
        };
        var path = FirestorePaths.Account(account.AccountId);
        var write = DocumentWrite.Update(path, Precondition.Present, fields);
        if (await _commits.CommitAsync(new CommitMember([write], Purpose, path, _ => false), cancellationToken) is CommitOutcome.Committed)
        {
            _shown[account.AccountId] = figures;
            if (account.Degraded)
            {
                _logger.DeliveryDegraded(account.AccountId, account.Late + account.Failed, account.Accepted);
            }
        }
    }
}
