using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace WaAspire.Tests.Operations;

/// <summary>One listener of <c>/ops/events</c>, as a page is one.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private EventStream(HttpResponseMessage response, IAsyncEnumerator<SseItem<string>> events) => (_response, _events) = (response, events);

    public static async Task<EventStream> OpenAsync(HttpClient proxy, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ops/events");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var response = await proxy.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new EventStream(response, SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator());
    }

    /// <summary>The next event of this kind; others before it are passed over.</summary>
    public async Task<JsonElement> NextAsync(string type)
    {
        while (await _events.MoveNextAsync())
        {
            if (_events.Current.EventType == type)
            {
                return JsonDocument.Parse(_events.Current.Data).RootElement;
            }
        }

        throw new InvalidOperationException($"The stream ended without {type}.");
    }

    /// <summary>Reads what is left.</summary>
    public async Task ToEndAsync()
    {
        while (await _events.MoveNextAsync())
        {
            // What it says is not this test's.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _response.Dispose();
        await _events.DisposeAsync();
    }
}
