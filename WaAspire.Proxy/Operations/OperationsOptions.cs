using System.ComponentModel.DataAnnotations;

namespace WaAspire.Proxy.Operations;

/// <summary>Section <c>Operations</c>: how operators' verbs reach the worker. What is missing is told when a verb comes.</summary>
internal sealed class OperationsOptions
{
    public const string Section = "Operations";
    public const string WorkerUrlName = "WHATSAPP_RAILWAY_BASE_URL";
    public const string WorkerUrlAlias = "WHATSAPP_BACKEND_BASE_URL";
    public const string InternalTokenName = "INTERNAL_TOKEN";

    /// <summary><c>WHATSAPP_RAILWAY_BASE_URL</c>, or the older <c>WHATSAPP_BACKEND_BASE_URL</c>. There is no default.</summary>
    public string WorkerUrl { get; set; } = "";

    public string InternalToken { get; set; } = "";

    /// <summary>Default 30 s for the worker's answer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan WorkerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Default 64 KiB of request body: a hundred ids fit.</summary>
    [Range(1024, 1024 * 1024)]
    public int BodyBytesMax { get; set; } = 64 * 1024;

    public void ReadNames(IConfiguration configuration)
    {
        WorkerUrl = (configuration[WorkerUrlName] ?? configuration[WorkerUrlAlias] ?? WorkerUrl).Trim().TrimEnd('/');
        InternalToken = configuration[InternalTokenName] ?? InternalToken;
    }
}
