using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WaAspire.FirebaseEmulator;
using WaAspire.Messaging.Firestore;
using WaAspire.Proxy;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Proxy;

/// <summary>The real proxy over the real emulator, both in this process and both reached over HTTP. Redis is away unless a test starts one.</summary>
public sealed class ProxyUnderTest : IAsyncLifetime
{
    public const string ProjectId = "demo-test";
    public const string AppSecret = "test_app_secret";
    public const string VerifyToken = "test_verify_token";
    public const string SuperAdminEmail = "Boss@Example.com";
    public const string AdminEmail = "admin@example.com";

    // Nobody listens on port 1: a signal fails at once, and no answer may depend on it.
    private const string NoRedis = "127.0.0.1:1,abortConnect=false,connectRetry=0,connectTimeout=500";

    private static int _count;
    private readonly ConcurrentDictionary<string, string> _tokens = new();
    private readonly List<WebApplication> _others = [];
    private WebApplication _emulator = null!;
    private WebApplication _proxy = null!;

    public HttpClient Client { get; private set; } = null!;

    public HttpClient Emulator { get; private set; } = null!;

    public IFirestore Firestore => _proxy.Services.GetRequiredService<IFirestore>();

    public IServiceProvider Services => _proxy.Services;

    public static string Next(string prefix) => $"{prefix}-{Interlocked.Increment(ref _count)}";

    public async Task InitializeAsync()
    {
        _emulator = EmulatorHost.Create(
        [
            "--urls", "http://127.0.0.1:0", "--FIREBASE_PROJECT_ID", ProjectId, "--Logging:LogLevel:Default", "None",
            "--Firestore:IndexesFile", Path.Combine(Artifacts.Root, "firestore.indexes.json"),
        ]);
        await _emulator.StartAsync();
        Emulator = new HttpClient { BaseAddress = new Uri(_emulator.Urls.Single()) };
        _proxy = await StartProxyAsync();
        Client = ClientOf(_proxy);
    }

    public async Task DisposeAsync()
    {
        foreach (var app in _others.Append(_proxy).Append(_emulator))
            await app.DisposeAsync();
    }

    /// <summary>A second proxy on the same data, with other settings.</summary>
    public async Task<HttpClient> StartAnotherAsync(params string[] settings)
    {
        var proxy = await StartProxyAsync(settings);
        _others.Add(proxy);
        return ClientOf(proxy);
    }

    /// <summary>An employee's token: a user with a staff profile.</summary>
    public async Task<string> EmployeeAsync(string uid)
    {
        if (_tokens.TryGetValue(uid, out var known))
            return known;
        await SetAsync(FirestorePaths.StaffProfile(uid), new DocumentFields { ["role"] = "staff" });
        return _tokens[uid] = await SignUpAsync(uid);
    }

    public async Task<string> SignUpAsync(string uid, string? email = null, bool emailVerified = true)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/identitytoolkit.googleapis.com/v1/projects/{ProjectId}/accounts")
        {
            Content = JsonContent.Create(new { localId = uid, email = email ?? $"{Next("user")}@example.com", password = "a-password", emailVerified }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "owner");
        using var created = await Emulator.SendAsync(request);
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
        return await MintAsync(uid);
    }

    public async Task<string> MintAsync(string uid, int expiresIn = 3600, string project = ProjectId)
    {
        using var minted = await Emulator.PostAsJsonAsync($"/emulator/v1/projects/{project}/tokens", new { localId = uid, expiresIn });
        Assert.True(minted.IsSuccessStatusCode, await minted.Content.ReadAsStringAsync());
        return (await minted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("idToken").GetString()!;
    }

    public async Task DeleteUserAsync(string uid)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/identitytoolkit.googleapis.com/v1/projects/{ProjectId}/accounts:delete")
        {
            Content = JsonContent.Create(new { localId = uid }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "owner");
        using var deleted = await Emulator.SendAsync(request);
        Assert.True(deleted.IsSuccessStatusCode, await deleted.Content.ReadAsStringAsync());
    }

    public async Task SetAsync(string path, DocumentFields fields) =>
        Assert.IsType<CommitOutcome.Committed>(await Firestore.CommitAsync([DocumentWrite.Set(path, fields)], "test", CancellationToken.None));

    public async Task<StoredDocument?> FindAsync(string path) =>
        (await Firestore.GetAsync([path], "test", CancellationToken.None)).Find(path);

    public Task<long> OutboxSizeAsync() => Firestore.CountAsync(new DocumentQuery(FirestorePaths.Outbox), "test", CancellationToken.None);

    public async Task<IReadOnlyList<StoredDocument>> MessagesAsync(string threadId) =>
        (await Firestore.QueryAsync(new DocumentQuery($"{FirestorePaths.Thread(threadId)}/messages"), "test", CancellationToken.None)).Documents;

    public async Task<IAsyncDisposable> WithFaultsAsync(object faults)
    {
        using var response = await Emulator.PutAsJsonAsync("/emulator/v1/faults", faults);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return new NoMoreFaults(Emulator);
    }

    public static Task<Answer> PostAsync(HttpClient client, string path, string? token, string body, params (string Name, string Value)[] headers) =>
        SendAsync(client, HttpMethod.Post, path, token, new StringContent(body, Encoding.UTF8, "application/json"), headers);

    public static async Task<Answer> SendAsync(
        HttpClient client, HttpMethod method, string path, string? token, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", token.Contains(' ') ? token : $"Bearer {token}");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new Answer(
            (int)response.StatusCode,
            text,
            response.Content.Headers.ContentType?.MediaType,
            response.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase));
    }

    private static HttpClient ClientOf(WebApplication proxy) => new() { BaseAddress = new Uri(proxy.Urls.Single()) };

    private async Task<WebApplication> StartProxyAsync(params string[] settings)
    {
        var authority = new Uri(_emulator.Urls.Single()).Authority;
        var proxy = ProxyHost.Create(
        [
            "--urls", "http://127.0.0.1:0",
            "--Logging:LogLevel:Default", "None",
            "--FIREBASE_PROJECT_ID", ProjectId,
            "--FIRESTORE_EMULATOR_HOST", authority,
            "--FIREBASE_AUTH_EMULATOR_HOST", authority,
            "--ConnectionStrings:redis", NoRedis,
            "--WHATSAPP_APP_SECRET", AppSecret,
            "--WHATSAPP_VERIFY_TOKEN", VerifyToken,
            "--SUPER_ADMIN_EMAIL", SuperAdminEmail,
            "--ADMIN_EMAILS", $"other@example.com, {AdminEmail.ToUpperInvariant()}",
            "--Auth:KeysFloor", "00:00:00",
            // What the intake writes now and then must not meet another test's faults.
            "--Intake:WriteEvery", "01:00:00",
            .. settings,
        ]);
        await proxy.StartAsync();
        return proxy;
    }

    /// <summary>One answer; every one of the proxy's own is JSON and begins with a brace.</summary>
    public sealed record Answer(int Status, string Text, string? MediaType, IReadOnlyDictionary<string, string> Headers)
    {
        public JsonElement Body => JsonDocument.Parse(Text).RootElement;

        public string? Error => Body.GetProperty("error").GetString();

        public string Message => Body.GetProperty("message").GetString()!;

        public void AssertRefused(int status, string error)
        {
            Assert.True(status == Status, $"{Status}: {Text}");
            Assert.Equal(error, Error);
            Assert.False(Body.GetProperty("success").GetBoolean());
            Assert.NotEmpty(Message);
            Assert.Equal("application/json", MediaType);
            Assert.StartsWith("{", Text);
        }

        public string AssertAccepted(bool duplicate = false)
        {
            Assert.True(Status == 200, $"{Status}: {Text}");
            Assert.True(Body.GetProperty("success").GetBoolean());
            Assert.Equal(duplicate, Body.GetProperty("duplicate").GetBoolean());
            Assert.NotEmpty(Message);
            Assert.Equal("application/json", MediaType);
            return Body.GetProperty("requestId").GetString()!;
        }
    }

    private sealed class NoMoreFaults(HttpClient emulator) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => (await emulator.DeleteAsync("/emulator/v1/faults")).Dispose();
    }
}

/// <summary>One proxy for all these tests, one test at a time: faults and counts are everybody's.</summary>
[CollectionDefinition(Name)]
public sealed class ProxyCollection : ICollectionFixture<ProxyUnderTest>
{
    public const string Name = "proxy";
}
