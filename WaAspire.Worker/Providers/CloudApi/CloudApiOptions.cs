using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Providers.CloudApi;

/// <summary>The Graph API's address and key, by the names that operators know.</summary>
public sealed class CloudApiOptions
{
    public const string DefaultBaseUrl = "https://graph.facebook.com/v25.0";

    /// <summary><c>WHATSAPP_GRAPH_BASE_URL</c>, with the version, without a slash at the end.</summary>
    [Required]
    [Url]
    public string BaseUrl { get; set; } = DefaultBaseUrl;

    /// <summary><c>WHATSAPP_ACCESS_TOKEN</c>, for accounts that brought none of their own. Never logged.</summary>
    public string? AccessToken { get; set; }

    /// <summary>How long a connection may take to come about; nothing has been sent by then. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the live check of a new account may take. Default 15 s: the client that waits for it gives up after 30.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:25")]
    public TimeSpan CheckTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a file may take to come in and reach Meta. Default 5 min, which is 100 MB over a slow line; longer keeps a dead one open.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan UploadTimeout { get; set; } = TimeSpan.FromMinutes(5);
}
