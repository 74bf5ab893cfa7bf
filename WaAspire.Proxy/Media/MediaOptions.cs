using System.ComponentModel.DataAnnotations;

namespace WaAspire.Proxy.Media;

/// <summary>Section <c>Media</c>, and where the worker is. A missing address is told when a file comes: sending does without.</summary>
internal sealed class MediaOptions
{
    public const string Section = "Media";
    public const string WorkerName = "WHATSAPP_RAILWAY_BASE_URL";
    public const string WorkerAlias = "WHATSAPP_BACKEND_BASE_URL";
    public const string TokenName = "INTERNAL_TOKEN";

    /// <summary><c>WHATSAPP_RAILWAY_BASE_URL</c>, or the older <c>WHATSAPP_BACKEND_BASE_URL</c>. There is no default.</summary>
    public string WorkerUrl { get; set; } = "";

    /// <summary><c>INTERNAL_TOKEN</c>. Never logged.</summary>
    public string InternalToken { get; set; } = "";

    /// <summary>Default 8 files on their way at a time; the next client is told to come back. Each costs a connection and 64 KiB.</summary>
    [Range(1, 1000)]
    public int UploadsAtOnce { get; set; } = 8;

    /// <summary>How long one file may take, from the client to WhatsApp. Default 5 min; longer keeps a dead line's place taken.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan UploadTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Default 5 s: what a client is told to wait.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(5);

    public void ReadNames(IConfiguration configuration)
    {
        WorkerUrl = (configuration[WorkerName] ?? configuration[WorkerAlias] ?? WorkerUrl).Trim().TrimEnd('/');
        InternalToken = configuration[TokenName] ?? InternalToken;
    }
}
