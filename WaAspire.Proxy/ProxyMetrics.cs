using System.Diagnostics.Metrics;

namespace WaAspire.Proxy;

/// <summary>What the proxy counts. Outcomes are the contract's error codes, so the set of tags is small.</summary>
internal sealed class ProxyMetrics : IDisposable
{
    public const string MeterName = "WaAspire.Proxy";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _sends;
    private readonly Counter<long> _cancels;
    private readonly Counter<long> _signalFailures;
    private readonly Counter<long> _updates;
    private readonly Counter<long> _uploads;

    public ProxyMetrics()
    {
        _sends = _meter.CreateCounter<long>("waaspire.proxy.sends", "{request}", "Send requests by outcome.");
        _cancels = _meter.CreateCounter<long>("waaspire.proxy.cancels", "{request}", "Cancel requests by outcome.");
        _signalFailures = _meter.CreateCounter<long>("waaspire.proxy.signal.failures", "{signal}", "Lanes that were not told of a new message; the sweep finds it.");
        _uploads = _meter.CreateCounter<long>("waaspire.proxy.uploads", "{file}", "Files for messages by outcome.");
        _updates = _meter.CreateCounter<long>("waaspire.proxy.webhook.updates", "{update}", "Updates of signed webhook requests by kind and what became of them.");
    }

    public void Sent(string outcome) => _sends.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Uploaded(string outcome) => _uploads.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Canceled(string outcome) => _cancels.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void SignalsFailed(int count) => _signalFailures.Add(count);

    public void Updates(string kind, string outcome, int count)
    {
        if (count > 0)
            _updates.Add(count, new("kind", kind), new("outcome", outcome));
    }

    public void Dispose() => _meter.Dispose();
}
