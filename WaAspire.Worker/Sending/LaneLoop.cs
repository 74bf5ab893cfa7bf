using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Recovery;

namespace WaAspire.Worker.Sending;

/// <summary>
/// Takes due lanes, as many as there are free hands, and has each sent on a task of its own. It owns two tokens: the
/// host's ends the taking; the work token ends the sending, when the drain deadline has passed.
/// </summary>
public sealed class LaneLoop(
    ILanes lanes,
    HeldLaneKeeper held,
    MessageSender sender,
    OutcomeRecorder recorder,
    AccountDirectory accounts,
    SendGate gate,
    Adoption adoption,
    LoopPulse pulse,
    WorkerMetrics metrics,
    IHostApplicationLifetime lifetime,
    IOptions<SendingOptions> options,
    TimeProvider time,
    ILogger<LaneLoop> logger)
    : BackgroundService
{
    private const int UnknownPerTurn = 100;

    /// <summary>After the deadline the tasks only have to notice it.</summary>
    private static readonly TimeSpan _lastWords = TimeSpan.FromSeconds(2);

    private readonly SendingOptions _options = options.Value;
    private readonly ConcurrentDictionary<HeldLane, Task> _sending = new();
    private readonly CancellationTokenSource _work = new();

    /// <summary>Drain: nothing new is taken; what is in flight ends and is recorded, or the deadline ends it.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var inFlight = Task.WhenAll(_sending.Values);
        if (await Task.WhenAny(inFlight, Task.Delay(_options.DrainTimeout, time, cancellationToken)) != inFlight)
        {
            logger.DrainDeadline(_sending.Count);
            // Here and now: the other way of canceling goes through the pool.
            _work.Cancel();
            await Task.WhenAny(inFlight, Task.Delay(_lastWords, time, cancellationToken));
        }
    }

    public override void Dispose()
    {
        _work.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The drain begins with the first sign of the shutdown, not when the web server has let go of its last caller.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        await TakeLanesAsync(either.Token);
    }

    private async Task TakeLanesAsync(CancellationToken stoppingToken)
    {
        await adoption.FirstPass.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!await LoopTurn.RunAsync("lanes", () => TurnAsync(stoppingToken), logger, stoppingToken))
            {
                await Pause.ForAsync(_options.PollEvery, time, stoppingToken);
            }
        }
    }

    private async Task TurnAsync(CancellationToken stoppingToken)
    {
        pulse.Beat();
        if (!await TakeAsync(stoppingToken))
        {
            await lanes.WaitForSignalAsync(_options.PollEvery, stoppingToken);
        }
    }

    /// <returns>Whether to look again at once.</returns>
    private async Task<bool> TakeAsync(CancellationToken stoppingToken)
    {
        var free = Math.Min(_options.LanesPerAcquire, _options.MaxLanes - _sending.Count);
        if (free <= 0 || recorder.HoldsOldAcceptance)
        {
            await Pause.ForAsync(_options.PollEvery / 10, time, stoppingToken);
            return true;
        }

        var unknown = new HashSet<string>(StringComparer.Ordinal);
        var taken = await lanes.AcquireAsync(free, MaySend, gate.IsElsewhere);
        foreach (var lane in taken)
        {
            held.Add(lane);
            var isListed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _sending[lane] = SendAsync(lane, isListed.Task, stoppingToken);
            isListed.SetResult();
        }

        pulse.Took(taken.Count, free);
        metrics.LanesTaken(taken);
        return await LookUpAsync(unknown, stoppingToken) || taken.Count > 0;

        bool MaySend(string account)
        {
            if (accounts.Find(account) is not null)
            {
                return gate.MayTake(account);
            }

            if (unknown.Count < UnknownPerTurn && accounts.IsWorthALook(account))
            {
                unknown.Add(account);
            }

            return false;
        }
    }

    private async Task<bool> LookUpAsync(IEnumerable<string> unknown, CancellationToken stoppingToken)
    {
        var isFound = false;
        foreach (var account in unknown)
        {
            isFound |= await accounts.LookUpAsync(account, stoppingToken);
        }

        return isFound;
    }

    private async Task SendAsync(HeldLane lane, Task isListed, CancellationToken stoppingToken)
    {
        // A lane that ended before it was listed would stay on the list for ever, and take a hand with it.
        await isListed;
        LaneRelease release = new LaneRelease.Blocked(_options.LostClaimRest);
        try
        {
            release = await sender.SendLaneAsync(lane, stoppingToken, _work.Token);
        }
        catch (FirestoreException exception)
        {
            logger.StoreUnreachable("lane", exception.Message);
        }
        catch (OperationCanceledException) when (_work.IsCancellationRequested)
        {
            logger.LaneInterrupted(lane.Lane.ToString());
        }
        catch (Exception exception)
        {
            // A bug in one lane must not stop the others; the lane rests and is tried again.
            logger.LaneFailed(lane.Lane.ToString(), exception);
        }

        await ReleaseAsync(lane, release);
    }

    private async Task ReleaseAsync(HeldLane lane, LaneRelease release)
    {
        try
        {
            await lanes.GiveBackAsync(lane, release);
        }
        catch (LanesUnavailableException)
        {
            logger.LaneNotReleased(lane.Lane.ToString());
        }
        finally
        {
            held.Remove(lane);
            _sending.TryRemove(lane, out _);
        }
    }
}
