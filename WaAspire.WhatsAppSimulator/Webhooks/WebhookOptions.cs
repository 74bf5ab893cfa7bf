using System.ComponentModel.DataAnnotations;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>Section <c>Webhooks</c>: where updates go, when, and how stubbornly.</summary>
internal sealed class WebhookOptions
{
    /// <summary>Absent = no webhooks; the phone goes on all the same.</summary>
    public Uri? Url { get; init; }

    /// <summary>Default 20 ms after acceptance.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan SentAfter { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Default 200 ms after acceptance.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DeliveredAfter { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Default none: a message is read when somebody opens its chat on the page.</summary>
    public TimeSpan? ReadAfter { get; init; }

    /// <summary>Default 10 ms: due times are rounded up to this grid, so that what is due together leaves together.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan Tick { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Default 50 statuses in one POST. Meta sends up to 1,000.</summary>
    [Range(1, 1000)]
    public int BatchMax { get; init; } = 50;

    /// <summary>Default 8 POSTs at a time. One makes the order of updates the order of POSTs.</summary>
    [Range(1, 256)]
    public int Lanes { get; init; } = 8;

    /// <summary>Default 10 s; a receiver that answers later is retried, and so sees the same update twice.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Default 1 s before the second try.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan RetryFirst { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Default 2: each wait is this much longer than the one before.</summary>
    [Range(1.0, 10.0)]
    public double RetryFactor { get; init; } = 2;

    /// <summary>Default 60 s between two tries at most.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Default 7 days, as Meta; then the update is given up, counted.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Default 200,000 statuses that are not due yet. More are dropped, counted.</summary>
    [Range(1, 10_000_000)]
    public int UpdatesMax { get; init; } = 200_000;

    /// <summary>Default 10,000 POSTs waiting for a lane or a retry. More are dropped, counted.</summary>
    [Range(1, 1_000_000)]
    public int DeliveriesMax { get; init; } = 10_000;

    /// <summary>Default 256 MiB of them: a POST has up to 3 MB. More are dropped, counted.</summary>
    [Range(4L * 1024 * 1024, 8L * 1024 * 1024 * 1024)]
    public long DeliveriesBytesMax { get; init; } = 256L * 1024 * 1024;
}
