using System.Net.Http.Json;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using WaAspire.Worker.Observability;

namespace WaAspire.Worker.Alarms;

/// <summary>
/// Posts one notice. <c>id</c> is the same however often it is posted, <c>text</c> is what chat rooms show:
/// <code>{"id":"RedisDown/2026-01-31T12:00:00.000Z","alarm":"RedisDown","state":"firing","value":2,"limit":0,"since":"…","summary":"…","action":"…","text":"…"}</code>
/// </summary>
public sealed class AlarmWebhook(IOptions<AlarmOptions> options, TimeProvider time) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <returns>Whether it has arrived.</returns>
    public async Task<bool> PostAsync(Alarm alarm, AlarmStand stand, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.PostTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var (state, since) = (stand.IsFiring ? "firing" : "resolved", IsoTimeConverter.Format(stand.Since));
        try
        {
            using var answer = await _client.PostAsJsonAsync(
                options.Value.WebhookUrl,
                new
                {
                    id = $"{alarm.Name}/{since}",
                    alarm = alarm.Name,
                    state,
                    value = stand.Value,
                    limit = alarm.Limit,
                    since,
                    summary = alarm.Summary,
                    action = alarm.Action,
                    text = stand.IsFiring ? $"[firing] {alarm.Name}: {alarm.Summary}. First: {alarm.Action}." : $"[resolved] {alarm.Name}",
                },
                either.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    public void Dispose() => _client.Dispose();
}
