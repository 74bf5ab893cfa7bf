using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Time;
using WaAspire.Worker.Observability;

namespace WaAspire.Worker.Sending;

/// <summary>
/// Renews every lane in this worker's hand in one call, on a loop of its own. A lane that is no longer ours is only
/// marked: the claim decides who may send, so losing a lane costs a message that is on its way nothing.
/// </summary>
public sealed class HeldLaneKeeper(ILanes lanes, WorkerMetrics metrics, IOptions<LaneOptions> options, TimeProvider time, ILogger<HeldLaneKeeper> logger) : BackgroundService
{
    private const int RenewalsPerHold = 4;
    private readonly ConcurrentDictionary<HeldLane, bool> _lost = new();

    public int Count => _lost.Count;

    public void Add(HeldLane lane) => _lost[lane] = false;

    public void Remove(HeldLane lane) => _lost.TryRemove(lane, out _);

    public bool IsLost(HeldLane lane) => _lost.GetValueOrDefault(lane, true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Renewal goes on through the drain: the host stops this loop after the lanes are empty.
        while (!stoppingToken.IsCancellationRequested)
        {
            await Pause.ForAsync(options.Value.Hold / RenewalsPerHold, time, stoppingToken);
            if (_lost.IsEmpty)
            {
                continue;
            }

            await LoopTurn.RunAsync("renewal", RenewAsync, logger, stoppingToken);
        }
    }

    private async Task RenewAsync()
    {
        foreach (var lane in await lanes.RenewAsync([.. _lost.Keys.OrderBy(lane => lane.Token).ThenBy(lane => lane.Lane.ThreadId, StringComparer.Ordinal)]))
        {
            if (_lost.TryUpdate(lane, true, false))
            {
                metrics.LaneLost();
            }
        }
    }
}
