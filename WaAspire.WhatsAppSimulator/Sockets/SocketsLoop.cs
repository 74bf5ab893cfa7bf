using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.Sockets;

/// <summary>
/// Looks at the socket stand-in. What enters: who waits for a scan, who is linked, what accounts sent. What leaves: the
/// list of codes on the page, and bubbles in the chats. If we die here, the next process shows what the stand-in still has.
/// </summary>
internal sealed class SocketsLoop(
    StandIn standIn, OperatorScreen screen, LinkedAccounts linked, ChatStore chats, IOptions<SocketsOptions> options, TimeProvider time, ILogger<SocketsLoop> log)
    : BackgroundService
{
    private const int PageMax = 500;
    private long _seen;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Every, time);
        var answers = true;
        while (options.Value.Url is not null && await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
                answers = true;
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // It may come later, go, or not be there at all: nothing else here needs it. Codes that are shown run out by themselves.
                if (answers) log.SocketsAway();
                answers = false;
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        var state = await standIn.GetAsync("state", cancellation);
        foreach (var device in state.GetProperty("devices").EnumerateArray()) linked.Meet(device.GetProperty("phone").GetString()!);
        await LookForCodesAsync(state, cancellation);

        // A stand-in that began anew counts from the beginning.
        var last = state.GetProperty("lastSent").GetInt64();
        if (last < _seen) _seen = 0;
        while (_seen < last)
        {
            var page = await standIn.GetAsync(string.Create(CultureInfo.InvariantCulture, $"sent?after={_seen}&limit={PageMax}"), cancellation);
            foreach (var entry in page.EnumerateArray()) Show(entry);
            _seen = page.GetArrayLength() > 0 ? page[page.GetArrayLength() - 1].GetProperty("seq").GetInt64() : last;
        }
    }

    private async Task LookForCodesAsync(JsonElement state, CancellationToken cancellation)
    {
        var codes = state.GetProperty("waitingForScan").EnumerateArray()
            .SelectMany(client => client.GetProperty("refs").EnumerateArray()).Select(code => code.GetString()!).ToHashSet(StringComparer.Ordinal);
        linked.Waiting = codes.Count == 0 ? [] : [.. (await screen.CodesAsync(cancellation)).Where(account => codes.Contains(account.Code))];
    }

    // A phone shows a message once, however often it comes under one id.
    private void Show(JsonElement entry)
    {
        var (bubble, body) = SentLetter.Of(entry);
        if (chats.History(bubble.PhoneNumberId, bubble.Id) is null) chats.Add(bubble, body);
    }
}
