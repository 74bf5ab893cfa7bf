using System.ComponentModel.DataAnnotations;

namespace WaAspire.Proxy.Webhooks;

/// <summary>Section <c>Webhooks</c>. A missing secret is told when a webhook comes: a proxy that only sends does not need one.</summary>
internal sealed class WebhookOptions
{
    public const string Section = "Webhooks";
    public const string AppSecretName = "WHATSAPP_APP_SECRET";
    public const string VerifyTokenName = "WHATSAPP_VERIFY_TOKEN";

    public string AppSecret { get; set; } = "";

    public string VerifyToken { get; set; } = "";

    /// <summary>Default 3 MB, the largest body that Meta sends.</summary>
    [Range(1024, 16 * 1024 * 1024)]
    public int BodyBytesMax { get; set; } = 3 * 1024 * 1024;

    /// <summary>Default 16 signed requests stored at a time; more wait. Each may make documents of 3 MB.</summary>
    [Range(1, 1000)]
    public int RequestsAtOnce { get; set; } = 16;

    /// <summary>Default 1 min for the account of a number that is known.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan KnownNumberFor { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Default 2 s for a number that no account has: it may be added any moment, and until then its messages are set aside.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan UnknownNumberFor { get; set; } = TimeSpan.FromSeconds(2);

    public void ReadNames(IConfiguration configuration)
    {
        AppSecret = configuration[AppSecretName] ?? AppSecret;
        VerifyToken = configuration[VerifyTokenName] ?? VerifyToken;
    }
}
