using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace WaAspire.Bench;

/// <summary>The running product, seeded with one account and as many threads as asked for.</summary>
internal sealed class BenchSystem : IAsyncDisposable
{
    private const string Project = "demo-waaspire";
    private const string AccountId = "bench-account";
    private readonly DistributedApplication _app;
    private readonly HttpClient _proxy;
    private readonly HttpClient _firestore;
    private readonly HttpClient _whatsApp;

    private BenchSystem(DistributedApplication app)
    {
        _app = app;
        _proxy = app.CreateHttpClient("proxy", "http");
        _firestore = app.CreateHttpClient("firebase", "firestore");
        _whatsApp = app.CreateHttpClient("whatsapp", "http");
        _firestore.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "owner");
    }

    public static async Task<BenchSystem> StartAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.WaAspire_AppHost>();
        var app = await builder.BuildAsync();
        await app.StartAsync();
        foreach (var resource in new[] { "redis", "firebase", "whatsapp", "worker", "proxy" })
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(resource);
        }

        var system = new BenchSystem(app);
        await system.SignInAsync();
        return system;
    }

    public async Task OpenThreadsAsync(int count)
    {
        var documents = Enumerable.Range(1, count).Select(thread => Document($"threads/{ThreadId(thread)}", new()
        {
            ["accountId"] = AccountId,
            ["clientJid"] = Jid(thread),
        }));
        using var response = await _firestore.PostAsJsonAsync($"/v1/projects/{Project}/databases/(default)/documents:commit", new { writes = documents });
        response.EnsureSuccessStatusCode();
    }

    public async Task SendAsync(int thread, string text)
    {
        using var response = await _proxy.PostAsJsonAsync("/whatsappProxySend", new
        {
            threadId = ThreadId(thread),
            accountId = AccountId,
            toJid = Jid(thread),
            text,
            clientMessageId = Guid.NewGuid().ToString(),
        });
        response.EnsureSuccessStatusCode();
    }

    /// <summary>What WhatsApp accepted behind the given number, in order.</summary>
    public async Task<IReadOnlyList<JsonElement>> AcceptedAsync(long after)
    {
        var lines = await _whatsApp.GetStringAsync($"/simulator/accepted?after={after}");
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    public async Task<JsonElement> FirestoreStatisticsAsync() => await _firestore.GetFromJsonAsync<JsonElement>("/emulator/v1/statistics");

    public async Task ResetStatisticsAsync() => (await _firestore.DeleteAsync("/emulator/v1/statistics")).EnsureSuccessStatusCode();

    /// <summary>WhatsApp accepts and keeps silent about it. Disposing ends the silence.</summary>
    public async Task<IAsyncDisposable> WithoutReceiptsAsync()
    {
        using var response = await _whatsApp.PutAsJsonAsync("/simulator/faults", new { webhooks = new[] { new { kind = "suppress", share = 1.0 } } });
        response.EnsureSuccessStatusCode();
        return new Silence(_whatsApp);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static string Jid(int thread) => $"4072{thread:d7}@s.whatsapp.net";

    private static string ThreadId(int thread) => $"{AccountId}__{Jid(thread)}";

    private static object Document(string path, Dictionary<string, object> fields) => new
    {
        update = new
        {
            name = $"projects/{Project}/databases/(default)/documents/{path}",
            fields = fields.ToDictionary(field => field.Key, field => field.Value is int number ? (object)new { integerValue = $"{number}" } : new { stringValue = field.Value }),
        },
    };

    private async Task SignInAsync()
    {
        var auth = _app.CreateHttpClient("firebase", "auth");
        using var answer = await auth.PostAsJsonAsync(
            "/identitytoolkit.googleapis.com/v1/accounts:signUp?key=bench", new { email = "bench@example.com", password = "bench-password", returnSecureToken = true });
        var user = await answer.Content.ReadFromJsonAsync<JsonElement>();
        _proxy.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", user.GetProperty("idToken").GetString());
        using var response = await _firestore.PostAsJsonAsync($"/v1/projects/{Project}/databases/(default)/documents:commit", new
        {
            writes = new[]
            {
                Document($"staffProfiles/{user.GetProperty("localId").GetString()}", new() { ["role"] = "staff" }),
                Document($"accounts/{AccountId}", new() { ["provider"] = "cloud_api", ["phoneNumberId"] = "300000000000001", ["status"] = "connected", ["throughputPerSecond"] = 1000 }),
            },
        });
        response.EnsureSuccessStatusCode();
    }

    private sealed class Silence(HttpClient whatsApp) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => (await whatsApp.DeleteAsync("/simulator/faults")).Dispose();
    }
}
