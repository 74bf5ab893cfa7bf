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

    /// <summary>Default 1,000 statuses handed on at once, as many as Meta puts into one request.</summary>
    [Range(1, 10_000)]
    public int StatusesAtOnce { get; set; } = 1000;

    public void ReadNames(IConfiguration configuration)
    {
        AppSecret = configuration[AppSecretName] ?? AppSecret;
        VerifyToken = configuration[VerifyTokenName] ?? VerifyToken;
    }
}
