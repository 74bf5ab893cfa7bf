using Microsoft.Extensions.Options;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>One POST: the bytes that were signed are the bytes that are sent, on every try.</summary>
internal sealed record WebhookDelivery(byte[] Body, DateTimeOffset FirstAt, int Attempt);

/// <summary>POSTs that wait for a lane or for their next try, and what became of the others.</summary>
internal sealed class WebhookQueue(IOptions<WebhookOptions> options, TimeProvider time)
{
    private readonly WebhookOptions _options = options.Value;
    private readonly DueQueue<WebhookDelivery> _queue = new(options.Value.DeliveriesMax, time);
    private long _delivered;
    private long _failedAttempts;
    private long _expired;

    public long Dropped => _queue.Dropped;

    /// <summary>False when there is no room.</summary>
    public bool Add(byte[] body)
    {
        var now = time.GetUtcNow();
        return _options.Url is null || _queue.TryAdd(new WebhookDelivery(body, now, 1), now);
    }

    public Task<IReadOnlyList<WebhookDelivery>> TakeAsync(int limit, CancellationToken cancellation) =>
        _queue.TakeAsync(limit, cancellation);

    public void Delivered() => Interlocked.Increment(ref _delivered);

    public void Failed(WebhookDelivery delivery)
    {
        Interlocked.Increment(ref _failedAttempts);
        var due = time.GetUtcNow() + RetryWait(delivery.Attempt, _options);
        if (due - delivery.FirstAt > _options.RetryFor) Interlocked.Increment(ref _expired);
        else _queue.TryAdd(delivery with { Attempt = delivery.Attempt + 1 }, due);
    }

    public object State() => new
    {
        enabled = _options.Url is not null,
        queued = _queue.Count,
        delivered = Interlocked.Read(ref _delivered),
        failedAttempts = Interlocked.Read(ref _failedAttempts),
        expired = Interlocked.Read(ref _expired),
        dropped = _queue.Dropped,
    };

    /// <summary>The wait after a failed try: it grows by the factor and stops at the cap.</summary>
    public static TimeSpan RetryWait(int attempt, WebhookOptions options)
    {
        var wait = options.RetryFirst.TotalMilliseconds * Math.Pow(options.RetryFactor, attempt - 1);
        return TimeSpan.FromMilliseconds(Math.Min(wait, options.RetryMax.TotalMilliseconds));
    }
}
