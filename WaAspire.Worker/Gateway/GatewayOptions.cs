using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Gateway;

/// <summary>Section <c>Gateway</c>: the Node program that holds the sockets of this worker's Baileys accounts.</summary>
public sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>The program. Default: <c>baileys-gateway/src/main.js</c>, beside this program or in a folder above it.</summary>
    public string? Main { get; set; }

    /// <summary>Node 20 or later, by path or by name. Default <c>node</c>.</summary>
    [Required]
    public string Node { get; set; } = "node";

    /// <summary>Where gateways keep events that are not stored yet: each has a numbered folder in it, which a later one takes over. Default <c>.run/gateway-spool</c>.</summary>
    [Required]
    public string Spool { get; set; } = Path.Combine(".run", "gateway-spool");

    /// <summary>Where it connects to instead of WhatsApp: a stand-in on loopback. Default none; <c>WA_WEB_SOCKET_URL</c>.</summary>
    public string? WebSocketUrl { get; set; }

    /// <summary>Its own durations and bounds, JSON as its README has them. Default none; <c>GATEWAY_OPTIONS</c>.</summary>
    public string? Settings { get; set; }

    /// <summary>How often what is missing for the gateway is looked for again. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan FindEvery { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the gateway may take to start. Default 60 s: it waits for its predecessor's spool, and for a slow disk.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long one command may take, other than a send. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long WhatsApp's media host may take until a file begins to come. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan FetchTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the gateway may take to end its sockets when this worker ends. Default 8 s; then it is killed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan EndTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>A gateway that answers no command for so long is ended and started again. Shorter: a busy machine costs sessions. Default 2 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SilenceMax { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>First pause before a gateway that died is started again; doubles with each death in a row. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan RestartBase { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan RestartCap { get; set; } = TimeSpan.FromSeconds(60);
}
