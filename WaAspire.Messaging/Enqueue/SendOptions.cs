using System.ComponentModel.DataAnnotations;

namespace WaAspire.Messaging.Enqueue;

/// <summary>Section <c>Send</c>.</summary>
public sealed class SendOptions
{
    public const string Section = "Send";

    /// <summary>Default 256 KiB of request body.</summary>
    [Range(1024, 1024 * 1024)]
    public int BodyBytesMax { get; set; } = 256 * 1024;

    /// <summary>Default 4,096 characters, which is WhatsApp's own limit: a longer text would only fail later.</summary>
    [Range(1, 65_536)]
    public int TextLengthMax { get; set; } = 4096;

    /// <summary>Default 256 characters of <c>clientMessageId</c>.</summary>
    [Range(16, 1500)]
    public int ClientMessageIdLengthMax { get; set; } = 256;

    /// <summary>Default 5 decisions on one request: each lost race means that somebody else's write went through.</summary>
    [Range(1, 50)]
    public int DecisionsMax { get; set; } = 5;

    /// <summary>Default 10 s after which no further decision is begun. Clients give up after 30 s, and a store that is out takes 20 s to say so.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:30")]
    public TimeSpan DecideWithin { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Default 5 s: what a client is told to wait when the store is out.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Default 30 days: how far ahead a message may be scheduled.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan ScheduleAheadMax { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Default 10,000 lanes waiting to be signalled; beyond it the sweep finds them.</summary>
    [Range(1, 1_000_000)]
    public int SignalsMax { get; set; } = 10_000;

    /// <summary>Default 1 s: how soon an unblock that Redis did not hear is told again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan UnblockAgainEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Default 64 lanes signalled at once.</summary>
    [Range(1, 1000)]
    public int SignalsAtOnce { get; set; } = 64;
}
