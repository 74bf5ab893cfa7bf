using System.Diagnostics.Metrics;
using StackExchange.Redis;

namespace WaAspire.ServiceDefaults;

/// <summary>Whether the connection to Redis stands, as far as its client knows; nothing before somebody has asked for Redis. Costs no call.</summary>
public sealed class RedisMetrics : IDisposable
{
    private readonly Meter _meter;
    private volatile IConnectionMultiplexer? _redis;

    public RedisMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("WaAspire.Redis");
        _meter.CreateObservableGauge("waaspire.redis.up", Observe, "{connection}", "1 while the connection to Redis stands, 0 while it does not");
    }

    public void Watch(IConnectionMultiplexer redis) => _redis = redis;

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<int>> Observe() => _redis is { } redis ? [new Measurement<int>(redis.IsConnected ? 1 : 0)] : [];
}
