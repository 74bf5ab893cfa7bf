using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>Meta's handshake with a receiver: it must answer the challenge, raw, to who knows the verify token.</summary>
internal sealed class WebhookVerification(WebhookClient client, SimulatorSecrets secrets, IOptions<WebhookOptions> options)
{
    public async Task<VerificationResult> RunAsync(CancellationToken cancellation)
    {
        if (options.Value.Url is not { } url) return new(false, null, "Webhooks:Url is not set");
        if (secrets.VerifyToken is not { } token) return new(false, null, "WHATSAPP_VERIFY_TOKEN is not set");

        var challenge = RandomNumberGenerator.GetInt32(100_000_000, int.MaxValue).ToString(CultureInfo.InvariantCulture);
        var query = $"hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={Uri.EscapeDataString(token)}";
        var address = new UriBuilder(url) { Query = string.IsNullOrEmpty(url.Query) ? query : $"{url.Query[1..]}&{query}" }.Uri;
        try
        {
            using var response = await client.Http.GetAsync(address, cancellation);
            var body = await response.Content.ReadAsStringAsync(cancellation);
            var status = (int)response.StatusCode;
            if (status != StatusCodes.Status200OK) return new(false, status, "the answer is not 200");
            return body == challenge ? new(true, status, null) : new(false, status, "the body is not the challenge");
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or TaskCanceledException)
        {
            return new(false, null, "no answer");
        }
    }
}

internal sealed record VerificationResult(bool Verified, int? Status, string? Problem);
