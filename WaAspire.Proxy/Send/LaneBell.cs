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
    private readonly Channel<Lane> _rung = Channel.CreateBounded<Lane>(new BoundedChannelOptions(options.Value.SignalsMax) { SingleReader = true });

    public void Ring(Lane lane)
    {
        if (!_rung.Writer.TryWrite(lane))
            metrics.SignalsFailed(1);
    }

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
        var batch = new HashSet<Lane>();
        while (await _rung.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < options.Value.SignalsAtOnce && _rung.Reader.TryRead(out var lane))
                batch.Add(lane);
            var signalled = await Task.WhenAll(batch.Select(TrySignalAsync));
            var failed = signalled.Count(success => !success);
            if (failed == 0)
                continue;
            metrics.SignalsFailed(failed);
            logger.LanesNotSignalled(failed);
        }
    }

    private async Task<bool> TrySignalAsync(Lane lane)
    {
        try
        {
            await lanes.Value.SignalAsync(lane, TimeSpan.Zero);
            return true;
        }
        catch (LanesUnavailableException)
        {
            return false;
        }
    }
}
