using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace WaAspire.WhatsAppSimulator.Sockets;

/// <summary>The calls of the socket stand-in that a phone needs; baileys-gateway/README.md lists them.</summary>
internal sealed class StandIn(IOptions<SocketsOptions> options) : IDisposable
{
    private const string NoAnswer = "the socket stand-in does not answer";

    private readonly HttpClient _http = new()
    {
        BaseAddress = options.Value.Url,
        Timeout = TimeSpan.FromSeconds(10),
        MaxResponseContentBufferSize = 64 * 1024 * 1024,
    };

    /// <exception cref="HttpRequestException">It does not answer.</exception>
    public Task<JsonElement> GetAsync(string call, CancellationToken cancellation) => _http.GetFromJsonAsync<JsonElement>($"/admin/{call}", cancellation);

    /// <summary>What it answers, or why it did not do it.</summary>
    public async Task<(JsonElement Answer, string? Problem)> PostAsync(string call, object body, CancellationToken cancellation)
    {
        try
        {
            using var response = await _http.PostAsJsonAsync($"/admin/{call}", body, cancellation);
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
            return (answer, response.IsSuccessStatusCode ? null : answer.GetProperty("error").GetString());
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException)
        {
            return (default, NoAnswer);
        }
    }

    public void Dispose() => _http.Dispose();
}
