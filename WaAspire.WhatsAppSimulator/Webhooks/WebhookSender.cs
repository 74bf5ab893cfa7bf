using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using WaAspire.WhatsAppSimulator.Faults;

namespace WaAspire.WhatsAppSimulator.Webhooks;

/// <summary>
/// Posts what the queue holds, a bounded number at a time. Any answer other than 200 comes again later, so a
/// receiver sees updates at least once and in no promised order. If we die here, what is queued is never told.
/// </summary>
internal sealed class WebhookSender(
    WebhookQueue queue, FaultPlan plan, IOptions<WebhookOptions> options, SimulatorSecrets secrets, WebhookClient client, ILogger<WebhookSender> log)
    : BackgroundService
{
    private const string AnotherSecret = "not the secret of this app";
    private int _refused;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Url is not { } url) return;
        var lanes = new ParallelOptions { MaxDegreeOfParallelism = options.Value.Lanes, CancellationToken = stoppingToken };
        await Parallel.ForEachAsync(DueAsync(stoppingToken), lanes, async (delivery, cancellation) =>
            await DeliverAsync(url, delivery, cancellation));
    }

    private async IAsyncEnumerable<WebhookDelivery> DueAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
            foreach (var delivery in await queue.TakeAsync(1, cancellation))
                yield return delivery;
    }

    private async Task DeliverAsync(Uri url, WebhookDelivery delivery, CancellationToken cancellation)
    {
        // Only the first try, so that the update does arrive in the end.
        var isWrong = delivery.Attempt == 1 && plan.TakeWrongSignature();
        var status = await PostAsync(url, delivery.Body, isWrong ? AnotherSecret : secrets.AppSecret, cancellation);
        if (isWrong) queue.SignedWrongly(isTaken: status == StatusCodes.Status200OK);
        if (status == StatusCodes.Status200OK) queue.Delivered(delivery);
        else queue.Failed(delivery);
        // A refusal that was asked for says nothing about the receiver.
        if (isWrong) return;

        // Transitions only: a receiver that is down for an hour is one line, not thousands.
        var refused = status == StatusCodes.Status200OK ? 0 : 1;
        if (Interlocked.Exchange(ref _refused, refused) == refused) return;
        if (refused == 1) log.ReceiverRefuses(status);
        else log.ReceiverRecovered();
    }

    /// <summary>The status, or 0 when there was no answer.</summary>
    private async Task<int> PostAsync(Uri url, byte[] body, string? secret, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (secret is not null)
            request.Headers.TryAddWithoutValidation(WebhookSignature.Header, WebhookSignature.Of(secret, body));
        try
        {
            using var response = await client.Http.SendAsync(request, cancellation);
            return (int)response.StatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or TaskCanceledException or IOException)
        {
            cancellation.ThrowIfCancellationRequested();
            return 0;
        }
    }
}
