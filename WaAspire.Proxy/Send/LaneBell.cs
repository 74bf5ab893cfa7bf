using System.Threading.Channels;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Leasing;

namespace WaAspire.Proxy.Send;

/// <summary>
/// Tells workers that a lane has something to send, behind the client's back: no answer waits for Redis. What enters is a
/// lane after its commit; what leaves is one signal, however often the lane was rung meanwhile. If we die here, or Redis is
/// away, the sweep finds the message within seconds.
/// </summary>
internal sealed class LaneBell(Lazy<ILanes> lanes, ProxyMetrics metrics, IOptions<SendOptions> options, ILogger<LaneBell> logger) : BackgroundService
{
    private readonly Channel<(Lane Lane, TimeSpan? DueIn)> _rung = Channel.CreateBounded<(Lane, TimeSpan?)>(new BoundedChannelOptions(options.Value.SignalsMax) { SingleReader = true });

    /// <summary>There is something to send, at once or after a while.</summary>
    public void Ring(Lane lane, TimeSpan dueIn = default) => Write(lane, dueIn);

    /// <summary>What the lane may have waited for has gone.</summary>
    public void Unblock(Lane lane) => Write(lane, null);

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        // The last lanes are still rung: the loop ends when the channel is empty, or when the host's patience does.
        _rung.Writer.TryComplete();
        return (ExecuteTask ?? Task.CompletedTask).WaitAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The first connection waits for a Redis that is away; here it keeps neither the start nor a client waiting.
        _ = lanes.Value;
        var batch = new Dictionary<(Lane Lane, bool Unblock), TimeSpan>();
        while (await _rung.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < options.Value.SignalsAtOnce && _rung.Reader.TryRead(out var rung))
                Add(rung.Lane, rung.DueIn);
            var signalled = await Task.WhenAll(batch.Select(ring => TrySignalAsync(ring.Key.Lane, ring.Key.Unblock, ring.Value)));
            var failed = signalled.Count(success => !success);
            if (failed == 0)
                continue;
            metrics.SignalsFailed(failed);
            logger.LanesNotSignalled(failed);
        }

        void Add(Lane lane, TimeSpan? dueIn)
        {
            var ring = (lane, dueIn is null);
            batch[ring] = batch.TryGetValue(ring, out var other) && other < (dueIn ?? default) ? other : dueIn ?? default;
        }
    }

    private void Write(Lane lane, TimeSpan? dueIn)
    {
        if (!_rung.Writer.TryWrite((lane, dueIn)))
            metrics.SignalsFailed(1);
    }

    private async Task<bool> TrySignalAsync(Lane lane, bool unblock, TimeSpan dueIn)
    {
        try
        {
            await (unblock ? lanes.Value.UnblockAsync(lane) : lanes.Value.SignalAsync(lane, dueIn));
            return true;
        }
        catch (LanesUnavailableException)
        {
            return false;
        }
    }
}
