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
    private long _dropped;
    private long _bytes;
    private long _wrongSignatures;
    private long _wrongSignaturesTaken;

    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>False when there is no room.</summary>
    public bool Add(byte[] body)
    {
        if (_options.Url is null) return true;
        var now = time.GetUtcNow();
        var isRoom = Interlocked.Add(ref _bytes, body.Length) <= _options.DeliveriesBytesMax;
        if (isRoom && _queue.TryAdd(new WebhookDelivery(body, now, 1), now)) return true;
        Forget(body.Length, ref _dropped);
        return false;
    }

    public Task<IReadOnlyList<WebhookDelivery>> TakeAsync(int limit, CancellationToken cancellation) =>
        _queue.TakeAsync(limit, cancellation);

    public void Delivered(WebhookDelivery delivery) => Forget(delivery.Body.Length, ref _delivered);

    /// <summary>A POST went out with a wrong signature; a receiver that took it believes anybody.</summary>
    public void SignedWrongly(bool isTaken)
    {
        Interlocked.Increment(ref _wrongSignatures);
        if (isTaken) Interlocked.Increment(ref _wrongSignaturesTaken);
    }

    public void Failed(WebhookDelivery delivery)
    {
        Interlocked.Increment(ref _failedAttempts);
        var due = time.GetUtcNow() + RetryWait(delivery.Attempt, _options);
        if (due - delivery.FirstAt > _options.RetryFor) Forget(delivery.Body.Length, ref _expired);
        else if (!_queue.TryAdd(delivery with { Attempt = delivery.Attempt + 1 }, due)) Forget(delivery.Body.Length, ref _dropped);
    }

    public object State() => new
    {
        enabled = _options.Url is not null,
        queued = _queue.Count,
        // Of the queued ones and of those under way: 0 means that everything has been told.
        bytes = Interlocked.Read(ref _bytes),
        delivered = Interlocked.Read(ref _delivered),
        failedAttempts = Interlocked.Read(ref _failedAttempts),
        expired = Interlocked.Read(ref _expired),
        dropped = Dropped,
        wrongSignatures = Interlocked.Read(ref _wrongSignatures),
        wrongSignaturesTaken = Interlocked.Read(ref _wrongSignaturesTaken),
    };

    /// <summary>The wait after a failed try: it grows by the factor and stops at the cap.</summary>
    public static TimeSpan RetryWait(int attempt, WebhookOptions options)
    {
        var wait = options.RetryFirst.TotalMilliseconds * Math.Pow(options.RetryFactor, attempt - 1);
        return TimeSpan.FromMilliseconds(Math.Min(wait, options.RetryMax.TotalMilliseconds));
    }

    // Counted first: who sees no bytes left sees what became of them.
    private void Forget(int bytes, ref long counter)
    {
        Interlocked.Increment(ref counter);
        Interlocked.Add(ref _bytes, -bytes);
    }
}
