using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Delivery;
using WaAspire.Worker.Observability;

namespace WaAspire.Worker.Alarms;

/// <summary>
/// Says when something is wrong, and when it is over, once each. Enters: figures of the fleet and signs of its workers.
/// Leaves: notices at a webhook. One worker evaluates; every worker shows its own signs. It is on a loop of its own and
/// only reads what sending writes, so that nothing here can be in its way. If we die here, another one goes on from the
/// board; how long a condition has held begins anew.
/// </summary>
public sealed class AlarmLoop(
    FleetFiguresReader figures,
    AccountDirectory accounts,
    InstanceDirectory instances,
    DeliveryWatch delivery,
    WorkerSigns signs,
    AlarmBoard board,
    AlarmWebhook webhook,
    ServerClock clock,
    IOptions<AlarmOptions> options,
    TimeProvider time,
    ILogger<AlarmLoop> logger)
    : BackgroundService
{
    private const int TurnsUntilGone = 2;
    private readonly AlarmOptions _options = options.Value;
    private readonly Dictionary<string, (bool IsMet, long Since)> _conditions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset?> _mine = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DateTimeOffset? Version, long Since)> _untold = new(StringComparer.Ordinal);
    private Dictionary<string, AlarmStand>? _stands;

    /// <summary>One turn: show the signs, and evaluate if it is this worker's to do.</summary>
    /// <exception cref="FirestoreException">Firestore gives no answer.</exception>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        instances.Signs = signs.Now();
        if (string.IsNullOrEmpty(_options.WebhookUrl) || !instances.IsFirst || clock.SinceObservation is null)
        {
            _stands = null;
            _conditions.Clear();
            return;
        }

        var view = new AlarmView(
            await figures.ReadAsync(cancellationToken), delivery.DegradedAccounts, accounts.All.Count(account => account.IsDeaf), [.. instances.Signs, .. instances.SignsOfOthers]);
        _stands ??= await board.ReadAsync(cancellationToken);
        foreach (var alarm in AlarmTable.All)
        {
            await EvaluateAsync(alarm, view, cancellationToken);
        }

        await TellAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Pause.ForAsync(_options.EvaluateEvery, time, stoppingToken);
            await LoopTurn.RunAsync("alarms", () => LookAsync(stoppingToken), logger, stoppingToken);
        }
    }

    private async Task EvaluateAsync(Alarm alarm, AlarmView view, CancellationToken cancellationToken)
    {
        var isMet = alarm.IsMet(view);
        if (!_conditions.TryGetValue(alarm.Name, out var condition) || condition.IsMet != isMet)
        {
            _conditions[alarm.Name] = condition = (isMet, time.GetTimestamp());
        }

        var stand = _stands?.GetValueOrDefault(alarm.Name) ?? AlarmStand.Never;
        var isDue = time.GetElapsedTime(condition.Since) >= (isMet ? alarm.For : _options.ClearAfter);
        if (_stands is not null && isMet != stand.IsFiring && isDue)
        {
            await ChangeAsync(alarm, stand with { IsFiring = isMet, Since = clock.Now, Value = alarm.Value(view), IsTold = false }, cancellationToken);
        }
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        var isWaiting = false;
        foreach (var alarm in AlarmTable.All)
        {
            if (_stands?.GetValueOrDefault(alarm.Name) is not { IsTold: false } stand)
            {
                continue;
            }

            if (!IsToTell(alarm.Name, stand))
            {
                isWaiting = true;
                continue;
            }

            if (!await webhook.PostAsync(alarm, stand, cancellationToken))
            {
                // The next turn tries again, if nobody else has told it by then; the others would fare no better now.
                logger.AlarmNotTold(alarm.Name);
                _stands = null;
                return;
            }

            await ChangeAsync(alarm, stand with { IsTold = true }, cancellationToken);
        }

        _stands = isWaiting ? null : _stands;
    }

    /// <summary>Whoever wrote the change tells it. Another one does only when that has not happened for two turns: its writer is gone.</summary>
    private bool IsToTell(string name, AlarmStand stand)
    {
        if (_mine.TryGetValue(name, out var written) && written == stand.UpdateTime)
        {
            return true;
        }

        if (!_untold.TryGetValue(name, out var seen) || seen.Version != stand.UpdateTime)
        {
            _untold[name] = seen = (stand.UpdateTime, time.GetTimestamp());
        }

        return time.GetElapsedTime(seen.Since) >= _options.EvaluateEvery * TurnsUntilGone;
    }

    /// <summary>Refused: another one evaluates, too, and has told it or will. The board is read again before anything else is decided.</summary>
    private async Task ChangeAsync(Alarm alarm, AlarmStand stand, CancellationToken cancellationToken)
    {
        if (await board.WriteAsync(alarm.Name, stand, cancellationToken) is { } written)
        {
            _stands![alarm.Name] = written;
            if (!written.IsTold)
            {
                _mine[alarm.Name] = written.UpdateTime;
                logger.AlarmChanged(alarm.Name, written.IsFiring, written.Value);
            }
        }
        else
        {
            _stands = null;
        }
    }
}
