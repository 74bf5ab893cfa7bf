using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace WaAspire.Messaging.Leasing;

/// <summary>
/// The shared lanes while Redis answers, this worker's own while it does not. The switch loses every hold and every
/// signal on purpose: the sweep starts from the beginning and finds what Firestore knows. A call that fails moves over
/// and is answered by the other side, so that callers never see Redis go.
/// </summary>
public sealed class ResilientLanes(RedisLanes shared, Func<Lane, bool> isMine, IOptions<LaneOptions> options, TimeProvider time, ILogger<ResilientLanes> logger)
    : ILanes
{
    private const int MissedMax = 10_000;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Lane, bool> _missed = new();
    private LocalLanes? _local;
    private long _lastProbe;

    /// <summary>Whether the fleet's lanes are in use; false while this worker is on its own.</summary>
    public bool IsShared => Volatile.Read(ref _local) is null;

    public Task SignalAsync(Lane lane, TimeSpan delay, DateTimeOffset? committedAt = null) =>
        Do(async lanes => { await lanes.SignalAsync(lane, delay, committedAt); return true; });

    /// <summary>The shared lanes may come back as they were: what they missed is told again then, or a blocked lane would wait for long.</summary>
    public Task UnblockAsync(Lane lane) => Do(async lanes =>
    {
        if (lanes is LocalLanes && _missed.Count < MissedMax)
        {
            _missed[lane] = true;
        }

        await lanes.UnblockAsync(lane);
        return true;
    });

    public async Task<IReadOnlyList<HeldLane>> AcquireAsync(int count, Func<string, bool> mayTake, Func<string, bool>? isElsewhere = null)
    {
        await ProbeAsync();
        return await Do(lanes => lanes.AcquireAsync(count, mayTake, isElsewhere));
    }

    public Task<IReadOnlyList<HeldLane>> RenewAsync(IReadOnlyCollection<HeldLane> held) => Do(lanes => lanes.RenewAsync(held));

    public Task<bool> ReleaseAsync(HeldLane held, LaneRelease release) => Do(lanes => lanes.ReleaseAsync(held, release));

    public Task<SweepTurn?> TryTakeSweepAsync(TimeSpan turn) => Do(lanes => lanes.TryTakeSweepAsync(turn));

    public Task SaveSweepCursorAsync(SweepTurn turn, DateTimeOffset cursor) =>
        Do(async lanes => { await lanes.SaveSweepCursorAsync(turn, cursor); return true; });

    public Task RepairAsync(IReadOnlyCollection<string> accountIds) => Do(async lanes => { await lanes.RepairAsync(accountIds); return true; });

    public Task WakeAsync(string accountId) => Do(async lanes => { await lanes.WakeAsync(accountId); return true; });

    public Task WaitForSignalAsync(TimeSpan atMost, CancellationToken cancellationToken) =>
        Do(async lanes => { await lanes.WaitForSignalAsync(atMost, cancellationToken); return true; });

    private async Task<T> Do<T>(Func<ILanes, Task<T>> call)
    {
        if (Volatile.Read(ref _local) is { } local)
        {
            return await call(local);
        }

        try
        {
            return await call(shared);
        }
        catch (LanesUnavailableException)
        {
            return await call(FallBack());
        }
    }

    private LocalLanes FallBack()
    {
        lock (_gate)
        {
            if (_local is null)
            {
                logger.LanesLost();
                _lastProbe = time.GetTimestamp();
                _local = new LocalLanes(isMine, options.Value.Hold, time);
            }

            return _local;
        }
    }

    private async Task ProbeAsync()
    {
        if (Volatile.Read(ref _local) is null || time.GetElapsedTime(_lastProbe) < options.Value.ProbeEvery)
        {
            return;
        }

        _lastProbe = time.GetTimestamp();
        if (await shared.AnswersAsync())
        {
            Volatile.Write(ref _local, null);
            logger.LanesBack();

            // In an order of its own, which no process's hashing has a part in: the same history must come out the same again.
            foreach (var lane in _missed.Keys.OrderBy(lane => lane.AccountId, StringComparer.Ordinal).ThenBy(lane => lane.ThreadId, StringComparer.Ordinal))
            {
                _missed.TryRemove(lane, out _);
                await UnblockAsync(lane);
            }
        }
    }
}
