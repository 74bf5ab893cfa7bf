using System.ComponentModel.DataAnnotations;

namespace WaAspire.WhatsAppSimulator;

/// <summary>Section <c>Simulator</c>: who the simulated business is, and how much the process may remember.</summary>
internal sealed class SimulatorOptions
{
    /// <summary>Default empty: every numeric phone number id exists. Otherwise only these (id → display number, digits).</summary>
    public Dictionary<string, string> Numbers { get; init; } = [];

    [Required]
    public string VerifiedName { get; init; } = "WaAspire Demo";

    /// <summary>Id of the WhatsApp Business Account, as webhooks carry it.</summary>
    [Required]
    public string WabaId { get; init; } = "102290129340398";

    /// <summary>STANDARD (80 messages a second) or HIGH (1,000), as the live check reports it.</summary>
    [Required]
    public string ThroughputLevel { get; init; } = "STANDARD";

    /// <summary>Default 100,000 accepted requests. More costs memory, less makes long load tests lose their ground truth.</summary>
    [Range(1, 10_000_000)]
    public int AcceptedMax { get; init; } = 100_000;

    /// <summary>Default 20,000 requests of any outcome.</summary>
    [Range(1, 10_000_000)]
    public int RequestsMax { get; init; } = 20_000;

    /// <summary>Default 256 MiB of request bodies in each of the two logs.</summary>
    [Range(1024, 8L * 1024 * 1024 * 1024)]
    public long LogBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>Default 500 chats; the one that was quiet longest makes room.</summary>
    [Range(1, 100_000)]
    public int ChatsMax { get; init; } = 500;

    /// <summary>Default 1,000 uploaded files; the oldest make room.</summary>
    [Range(1, 100_000)]
    public int MediaMax { get; init; } = 1000;

    /// <summary>Default 256 MiB of uploaded files; the newest is kept whatever its size.</summary>
    [Range(1024, 8L * 1024 * 1024 * 1024)]
    public long MediaBytesMax { get; init; } = 256L * 1024 * 1024;

    [Range(1, 10_000)]
    public int MessagesPerChatMax { get; init; } = 200;

    /// <summary>Default 50 open pages at a time.</summary>
    [Range(1, 10_000)]
    public int SubscribersMax { get; init; } = 50;

    /// <summary>Default 4,096 events for a page that reads slowly; past that it is cut off and comes back for a snapshot.</summary>
    [Range(16, 1_000_000)]
    public int SubscriberBufferMax { get; init; } = 4096;
}
