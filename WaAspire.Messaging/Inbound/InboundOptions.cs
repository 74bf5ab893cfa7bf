using System.ComponentModel.DataAnnotations;

namespace WaAspire.Messaging.Inbound;

/// <summary>Section <c>Inbound</c>.</summary>
public sealed class InboundOptions
{
    public const string Section = "Inbound";

    /// <summary>Default 8 days: a day longer than Meta goes on delivering.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "60.00:00:00")]
    public TimeSpan MarkerLifetime { get; set; } = TimeSpan.FromDays(8);

    /// <summary>Default 90 days for what was set aside, so that somebody can look at it.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan SetAsideLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>Default 64 KiB of an update that is set aside; the rest is cut off, and its hash says of what.</summary>
    [Range(256, 900 * 1024)]
    public int SetAsideBytes { get; set; } = 64 * 1024;

    /// <summary>Default 50 messages of one thread in one commit.</summary>
    [Range(1, 150)]
    public int MessagesPerCommit { get; set; } = 50;

    /// <summary>Default 900 KiB for one message; a document of Firestore takes 1 MiB with all its names.</summary>
    [Range(1024, 1024 * 1024)]
    public int MessageBytesMax { get; set; } = 900 * 1024;

    /// <summary>Default 8 tries against others who write the same thread; then the provider delivers again.</summary>
    [Range(2, 100)]
    public int RoundsMax { get; set; } = 8;

    /// <summary>Default 5 min: a message dated further ahead of Firestore's time counts as written now.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan AheadMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Default 1 day that Redis remembers a stored message; after that the marker answers alone.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan RememberFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Default 500 ms for Redis to answer; a later answer saves no work.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:30")]
    public TimeSpan RecallTimeout { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Default 10 s without asking a Redis that gave no answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan RecallPause { get; set; } = TimeSpan.FromSeconds(10);
}
