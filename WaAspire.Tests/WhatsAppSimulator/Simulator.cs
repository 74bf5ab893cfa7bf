using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WaAspire.WhatsAppSimulator;

namespace WaAspire.Tests.WhatsAppSimulator;

/// <summary>A simulator of its own for one test, on a free port, and the few calls that every test makes.</summary>
internal sealed class Simulator : IAsyncDisposable
{
    public const string Token = "test-token";
    public const string Secret = "test_app_secret";
    public const string VerifyToken = "test-verify-token";
    public const string Number = "106540352242922";
    public const string Person = "40712345678";

    private readonly WebApplication _app;

    private Simulator(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Urls.Single());
        Http = new HttpClient { BaseAddress = Address };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public Uri Address { get; }
    public HttpClient Http { get; }

    public static Task<Simulator> StartAsync(params (string Key, string Value)[] settings) => StartAsync(TimeProvider.System, settings);

    public static async Task<Simulator> StartAsync(TimeProvider time, params (string Key, string Value)[] settings)
    {
        var app = SimulatorHost.Create(["--port", "0"], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton(time);
            builder.Configuration.AddInMemoryCollection(
            [
                new("WHATSAPP_ACCESS_TOKEN", Token),
                new("WHATSAPP_APP_SECRET", Secret),
                new("WHATSAPP_VERIFY_TOKEN", VerifyToken),
            ]);
            foreach (var (key, value) in settings) builder.Configuration[key] = value;
        });
        await app.StartAsync();
        return new Simulator(app);
    }

    public static object Text(string body, string to = "+" + Person, string? opaque = null) => opaque is null
        ? new { messaging_product = "whatsapp", to, type = "text", text = new { body } }
        : new { messaging_product = "whatsapp", to, type = "text", text = new { body }, biz_opaque_callback_data = opaque };

    public Task<HttpResponseMessage> PostAsync(object body, CancellationToken cancellation = default) =>
        Http.PostAsJsonAsync($"/v25.0/{Number}/messages", body, cancellation);

    /// <summary>Sends, requires acceptance, and gives the id.</summary>
    public async Task<string> SendAsync(object body)
    {
        using var response = await PostAsync(body);
        response.EnsureSuccessStatusCode();
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        return answer.GetProperty("messages")[0].GetProperty("id").GetString()!;
    }

    public async Task FaultsAsync(object settings)
    {
        using var response = await Http.PutAsJsonAsync("/simulator/faults", settings);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Writes as the person does, and gives the id of what was written.</summary>
    public async Task<string> WriteAsync(object said)
    {
        using var response = await Http.PostAsJsonAsync("/simulator/inbound", said);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    public static object Says(string text, string from = Person, string number = Number) => new { phoneNumberId = number, from, text };

    public Task<JsonElement> StatusAsync() => Http.GetFromJsonAsync<JsonElement>("/simulator/status");

    public Task<JsonElement[]> AcceptedAsync() => LinesAsync("/simulator/accepted");

    public Task<JsonElement[]> RequestsAsync() => LinesAsync("/simulator/requests");

    public async Task<JsonElement[]> LinesAsync(string path)
    {
        var text = await Http.GetStringAsync(path);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
