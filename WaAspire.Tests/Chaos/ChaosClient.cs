using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>
/// An app that writes into one thread at a time: the next message when the one before was accepted. Without an answer, or
/// told to come back, it asks again under the same <c>clientMessageId</c>, the other proxy this time, as apps do.
/// </summary>
/// <param name="pauseMax">Between two messages, at most.</param>
/// <param name="isPlain">Only texts, each of which its thread sees once: by them a message is known on a phone, whatever id it came under.</param>
internal sealed class ChaosClient(ChaosSystem system, ChaosPlan plan, Random chance, TimeSpan pauseMax, bool isPlain = false) : IDisposable
{
    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _giveUpAfter = TimeSpan.FromMinutes(10);

    // Every kind that needs no uploaded file, and a template without one.
    private static readonly IReadOnlyList<JsonNode> _payloads =
    [
        .. Payloads.Good.Where(payload => !payload.Json.Contains("\"{", StringComparison.Ordinal)).Select(payload => JsonNode.Parse(payload.Json)!),
        JsonNode.Parse("""{"type":"template","template":{"name":"order_ready","language":{"code":"ro"},"components":[{"type":"body","parameters":[{"type":"text","text":"Ana"}]}]}}""")!,
    ];

    private readonly HttpClient _http = new() { Timeout = _answerWithin };

    /// <summary>Requests that were not answered with success, and came again.</summary>
    public int Refused { get; private set; }

    /// <param name="number">The message's place in its thread, from 0.</param>
    public static string TextOf(int number) => $"message {number}";

    /// <summary>Writes until <paramref name="enough"/> or the thread is full. What was begun is brought to its acceptance.</summary>
    public async Task WriteAsync(ToldThread thread, CancellationToken enough)
    {
        while (thread.RequestIds.Count < ChaosPlan.MessagesPerThread && !enough.IsCancellationRequested)
        {
            thread.RequestIds.Add(await SendAsync(thread.Company, thread.Number, Message(thread.RequestIds.Count)));
            await Task.Delay(pauseMax * chance.NextDouble(), TimeProvider.System, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _http.Dispose();

    // Every second one a plain text, else media by link, reactions, replies, templates, buttons and so on.
    private (string? Text, JsonNode? Payload) Message(int number) =>
        isPlain || chance.Next(2) == 0 ? (TextOf(number), null) : (null, _payloads[chance.Next(_payloads.Count)]);

    private async Task<string> SendAsync(Company company, int thread, (string? Text, JsonNode? Payload) message)
    {
        var body = new JsonObject
        {
            ["threadId"] = company.ThreadId(thread),
            ["accountId"] = company.AccountId,
            ["toJid"] = company.JidOf(thread),
            ["clientMessageId"] = new Guid(Bytes()).ToString(),
        };
        body[message.Text is null ? "payload" : "text"] = message.Text is null ? message.Payload!.DeepClone() : message.Text;
        var since = TimeProvider.System.GetTimestamp();
        for (var proxy = chance.Next(system.ProxyProcesses.Count); ; proxy++)
        {
            if (await TryAsync(company, system.ProxyProcesses[proxy % system.ProxyProcesses.Count], body) is { } requestId)
            {
                return requestId;
            }

            Refused++;
            Assert.True(TimeProvider.System.GetElapsedTime(since) < _giveUpAfter, "no proxy accepts anything any more");
            await Task.Delay(plan.Scaled(TimeSpan.FromSeconds(1 + chance.Next(3))), TimeProvider.System);
        }
    }

    /// <returns>Null when there was no answer, or one that asks to come again.</returns>
    private async Task<string?> TryAsync(Company company, ChaosProcess proxy, JsonObject body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(proxy.Address, "/whatsappProxySend")) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = company.Bearer;
        try
        {
            using var response = await _http.SendAsync(request);
            var answer = await response.Content.ReadAsStringAsync();
            if (response.StatusCode == HttpStatusCode.Unauthorized)
            {
                // A token lives for an hour, a run may take longer.
                await company.SignInAgainAsync();
                return null;
            }

            Assert.True(response.IsSuccessStatusCode || response.StatusCode is HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500, $"{(int)response.StatusCode}: {answer}");
            return response.IsSuccessStatusCode ? JsonDocument.Parse(answer).RootElement.GetProperty("requestId").GetString() : null;
        }
        catch (Exception lost) when (lost is HttpRequestException or SocketException or IOException or TaskCanceledException)
        {
            return null;
        }
    }

    private byte[] Bytes()
    {
        var bytes = new byte[16];
        chance.NextBytes(bytes);
        return bytes;
    }
}
