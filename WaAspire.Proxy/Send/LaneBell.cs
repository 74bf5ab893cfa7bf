using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Telemetry;

namespace WaAspire.Proxy.Send;

/// <summary>
/// Tells workers that a lane has something to send, behind the client's back: no answer waits for Redis. What enters is a
/// lane after its commit; what leaves is one signal, however often the lane was rung meanwhile. If we die here, or Redis is
/// away, the sweep finds the message within seconds; only an unblock is rung again until Redis has heard it.
/// </summary>
internal sealed class LaneBell(Lazy<ILanes> lanes, ProxyMetrics metrics, IOptions<SendOptions> options, TimeProvider time, ILogger<LaneBell> logger) : BackgroundService, ILaneUnblocker
{
    private readonly Channel<Rung> _rung = Channel.CreateBounded<Rung>(new BoundedChannelOptions(options.Value.SignalsMax) { SingleReader = true });

    // A lane that stays blocked for want of an unblock waits for long: no sweep frees it.
    private readonly HashSet<Lane> _missed = [];

    /// <summary>Unblocks that Redis has not heard.</summary>
    public int Missed => _missed.Count;

    /// <summary>There is something to send, at once or after a while.</summary>
    public void Ring(Lane lane, TimeSpan dueIn = default, DateTimeOffset? committedAt = null) =>
        Write(new Rung(lane, Unblock: false, dueIn, committedAt ?? DateTimeOffset.MaxValue));

    /// <summary>What the lane may have waited for has gone.</summary>
    /// <returns>At once: it is told behind the caller's back.</returns>
    public Task UnblockAsync(Lane lane)
    {
        Unblock(lane);
        return Task.CompletedTask;
    }

    /// <inheritdoc cref="UnblockAsync" path="/summary"/>
    public void Unblock(Lane lane) => Write(new Rung(lane, Unblock: true, TimeSpan.Zero, DateTimeOffset.MaxValue));

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
        var batch = new Dictionary<(Lane, bool), Rung>();
        while (await WaitAsync())
        {
            batch.Clear();
            foreach (var lane in _missed.Take(options.Value.SignalsAtOnce))
                batch[(lane, true)] = new Rung(lane, Unblock: true, TimeSpan.Zero, DateTimeOffset.MaxValue);
            // What was missed leaves as much room for what is new: while Redis is away, the channel must still become empty.
            for (var taken = 0; taken < options.Value.SignalsAtOnce && _rung.Reader.TryRead(out var rung); taken++)
                batch[(rung.Lane, rung.Unblock)] = batch.TryGetValue((rung.Lane, rung.Unblock), out var other) ? rung.With(other) : rung;
            var signalled = await Task.WhenAll(batch.Values.Select(TrySignalAsync));
            var failed = batch.Values.Zip(signalled).Count(rung => IsNewFailure(rung.First, rung.Second));
            if (failed == 0)
                continue;
            metrics.SignalsFailed(failed);
            logger.LanesNotSignalled(failed);
        }
    }

    /// <summary>Until somebody rings, or it is time to try again what went wrong. False at the end.</summary>
    private async Task<bool> WaitAsync()
    {
        if (_missed.Count == 0)
            return await _rung.Reader.WaitToReadAsync(CancellationToken.None);
        using var again = new CancellationTokenSource(options.Value.UnblockAgainEvery, time);
        try
        {
            return await _rung.Reader.WaitToReadAsync(again.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    /// <summary>Keeps an unblock that went wrong, up to a bound, until it goes right. True for a failure that is not known yet.</summary>
    private bool IsNewFailure(Rung rung, bool success)
    {
        if (success)
        {
            _missed.Remove(rung.Lane);
            return false;
        }
        return !rung.Unblock || _missed.Count >= options.Value.SignalsMax || _missed.Add(rung.Lane);
    }

    private void Write(Rung rung)
    {
        if (!_rung.Writer.TryWrite(rung))
            metrics.SignalsFailed(1);
    }

    private async Task<bool> TrySignalAsync(Rung rung)
    {
        using var span = MessageTrace.Signal(rung.Cause);
        try
        {
            await (rung.Unblock ? lanes.Value.UnblockAsync(rung.Lane) : lanes.Value.SignalAsync(rung.Lane, rung.DueIn, rung.CommittedAt));
            return true;
        }
        catch (LanesUnavailableException)
        {
            return false;
        }
    }

    private sealed record Rung(Lane Lane, bool Unblock, TimeSpan DueIn, DateTimeOffset CommittedAt)
    {
        /// <summary>The request that rang; of several, the last.</summary>
        public ActivityContext Cause { get; } = Activity.Current?.Context ?? default;

        /// <summary>One signal for two: at the earlier time, for the later commit.</summary>
        public Rung With(Rung other) => this with
        {
            DueIn = other.DueIn < DueIn ? other.DueIn : DueIn,
            CommittedAt = other.CommittedAt > CommittedAt ? other.CommittedAt : CommittedAt,
        };
    }
}
