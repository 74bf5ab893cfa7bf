using System.Globalization;
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
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.WaAspire_AppHost>(["--Demo:Sockets=false"]);
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

    public Task OpenThreadsAsync(int count, string accountId = AccountId) => CommitAsync(Enumerable.Range(1, count).Select(thread => Document($"threads/{ThreadId(thread, accountId)}", new()
    {
        ["accountId"] = accountId,
        ["clientJid"] = Jid(thread),
    })));

    public Task OpenAccountAsync(string accountId, string phoneNumberId, string status, int perSecond) => CommitAsync(
        [Document($"accounts/{accountId}", new() { ["provider"] = "cloud_api", ["phoneNumberId"] = phoneNumberId, ["status"] = status, ["throughputPerSecond"] = perSecond })]);

    public async Task CommitAsync(IEnumerable<object> documents)
    {
        using var response = await _firestore.PostAsJsonAsync($"/v1/projects/{Project}/databases/(default)/documents:commit", new { writes = documents });
        response.EnsureSuccessStatusCode();
    }

    public async Task SendAsync(int thread, string text, string accountId = AccountId)
    {
        using var response = await _proxy.PostAsJsonAsync("/whatsappProxySend", new
        {
            threadId = ThreadId(thread, accountId),
            accountId,
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

    public static string Jid(int thread) => $"4072{thread:d7}@s.whatsapp.net";

    public static string ThreadId(int thread, string accountId = AccountId) => $"{accountId}__{Jid(thread)}";

    public static object Document(string path, Dictionary<string, object> fields) => new
    {
        update = new
        {
            name = $"projects/{Project}/databases/(default)/documents/{path}",
            fields = fields.ToDictionary(field => field.Key, field => field.Value switch
            {
                int number => (object)new { integerValue = $"{number}" },
                DateTimeOffset time => new { timestampValue = time.ToString("O", CultureInfo.InvariantCulture) },
                _ => new { stringValue = field.Value },
            }),
        },
    };

    private async Task SignInAsync()
    {
        var auth = _app.CreateHttpClient("firebase", "auth");
        using var answer = await auth.PostAsJsonAsync(
            "/identitytoolkit.googleapis.com/v1/accounts:signUp?key=bench", new { email = "bench@example.com", password = "bench-password", returnSecureToken = true });
        var user = await answer.Content.ReadFromJsonAsync<JsonElement>();
        _proxy.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", user.GetProperty("idToken").GetString());
        await CommitAsync([Document($"staffProfiles/{user.GetProperty("localId").GetString()}", new() { ["role"] = "staff" })]);
        await OpenAccountAsync(AccountId, "300000000000001", "connected", perSecond: 1000);
    }

    private sealed class Silence(HttpClient whatsApp) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => (await whatsApp.DeleteAsync("/simulator/faults")).Dispose();
    }
}
