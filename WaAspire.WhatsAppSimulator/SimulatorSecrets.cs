namespace WaAspire.WhatsAppSimulator;

/// <summary>The secrets that the simulator shares with the house, under the names that every process of ours uses.</summary>
internal sealed record SimulatorSecrets(string? AccessToken, string? AppSecret, string? VerifyToken)
{
    public static SimulatorSecrets Read(IConfiguration configuration) => new(
        NullIfEmpty(configuration["WHATSAPP_ACCESS_TOKEN"]),
        NullIfEmpty(configuration["WHATSAPP_APP_SECRET"]),
        NullIfEmpty(configuration["WHATSAPP_VERIFY_TOKEN"]));

    public void LogWhatIsMissing(ILogger logger)
    {
        if (AccessToken is null) logger.AnyBearerIsAccepted();
        if (AppSecret is null) logger.WebhooksAreUnsigned();
    }

    // The generated text of a record would print the secrets.
    public override string ToString() => nameof(SimulatorSecrets);

    private static string? NullIfEmpty(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
