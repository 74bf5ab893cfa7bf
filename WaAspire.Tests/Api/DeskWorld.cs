using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Accounts.Ownership;
using WaAspire.Tests.Proxy;
using WaAspire.WhatsAppSimulator;
using WaAspire.Worker;

namespace WaAspire.Tests.Api;

/// <summary>
/// A proxy, a worker that serves no sessions, Firestore's and Meta's stand-ins: all of them reached over HTTP. The worker has no
/// access token of its own, and Meta takes only one, so that whatever is sent is sent with an account's own token.
/// </summary>
public sealed class DeskWorld : IAsyncLifetime
{
    public const string InternalToken = "an-internal-token";
    public const string MetaToken = "EAAG-meta-token";
    public const string AdminPhone = "+40 799 000 111";

    private static int _count;
    private readonly List<WebApplication> _apps = [];
    private WebApplication _simulator = null!;

    public ProxyUnderTest Firebase { get; } = new();

    /// <summary>The proxy that knows the worker.</summary>
    public HttpClient Proxy { get; private set; } = null!;

    /// <summary>The worker, with the internal token.</summary>
    public HttpClient Worker { get; private set; } = null!;

    public HttpClient WhatsApp { get; private set; } = null!;

    public string Boss { get; private set; } = "";

    public string Employee { get; private set; } = "";

    public IFirestore Firestore => Firebase.Firestore;

    public static string NewPhone() => $"+4071{Interlocked.Increment(ref _count):d7}";

    public async Task InitializeAsync()
    {
        await Firebase.InitializeAsync();
        _simulator = SimulatorHost.Create(["--port", "0", "--Logging:LogLevel:Default", "None", "--WHATSAPP_ACCESS_TOKEN", MetaToken]);
        await _simulator.StartAsync();
        WhatsApp = new HttpClient { BaseAddress = new Uri(_simulator.Urls.First()) };
        Worker = await StartWorkerAsync();
        Proxy = await Firebase.StartAnotherAsync(
            "--WHATSAPP_RAILWAY_BASE_URL", Worker.BaseAddress!.ToString(), "--INTERNAL_TOKEN", InternalToken, "--ADMIN_PHONE", AdminPhone);
        Boss = await Firebase.SignUpAsync(ProxyUnderTest.Next("boss"), ProxyUnderTest.SuperAdminEmail);
        Employee = await Firebase.EmployeeAsync(ProxyUnderTest.Next("employee"));
    }

    public async Task DisposeAsync()
    {
        foreach (var app in _apps.Append(_simulator))
        {
            await app.DisposeAsync();
        }

        await Firebase.DisposeAsync();
    }

    private async Task<HttpClient> StartWorkerAsync(params string[] settings)
    {
        var worker = WorkerHost.Create(
        [
            "--urls", "http://127.0.0.1:0",
            "--Logging:LogLevel:Default", "None",
            "--FIREBASE_PROJECT_ID", ProxyUnderTest.ProjectId,
            "--FIRESTORE_EMULATOR_HOST", Firebase.Emulator.BaseAddress!.Authority,
            "--WHATSAPP_GRAPH_BASE_URL", WhatsApp.BaseAddress + "v25.0",
            "--ConnectionStrings:redis", "127.0.0.1:1,abortConnect=false,connectRetry=0,connectTimeout=100",
            "--INTERNAL_TOKEN", InternalToken,
            "--WA_SESSION_KEYS", $"{TwoOwners.NewKey},{TwoOwners.OldKey}",
            "--Gateway:Main", "/there-is-no-gateway.js",
            "--Accounts:AccountsMax", "1000",
            // A wish that is repeated on a busy machine is still the same one.
            "--Accounts:WishFreshFor", "00:10:00",
            "--Overview:ActivityFreshFor", "00:00:02",
            .. settings,
        ]);
        _apps.Add(worker);
        await worker.StartAsync();
        var client = new HttpClient { BaseAddress = new Uri(worker.Urls.Single()) };
        client.DefaultRequestHeaders.Add("X-Internal-Token", InternalToken);
        return client;
    }

    /// <summary>What a test asks of a worker with other settings, which ends with it: it must not send what later tests wait for.</summary>
    public async Task WithWorkerAsync(Func<HttpClient, Task> ask, params string[] settings)
    {
        using var worker = await StartWorkerAsync(settings);
        var app = _apps[^1];
        try
        {
            await ask(worker);
        }
        finally
        {
            await app.StopAsync();
        }
    }

    public Task<ProxyUnderTest.Answer> GetAsync(string path, string? token) => ProxyUnderTest.SendAsync(Proxy, HttpMethod.Get, path, token, null);

    public Task<ProxyUnderTest.Answer> PostAsync(string path, string? token, object? body = null) =>
        ProxyUnderTest.SendAsync(Proxy, HttpMethod.Post, path, token, body is null ? null : JsonContent.Create(body));

    /// <summary>Asks the worker itself.</summary>
    public Task<ProxyUnderTest.Answer> AskAsync(string method, string path, object? body = null) =>
        ProxyUnderTest.SendAsync(Worker, new HttpMethod(method), path, null, body is null ? null : JsonContent.Create(body));

    /// <returns>The new account's id.</returns>
    public async Task<string> AddAsync(string? phone = null)
    {
        var added = await PostAsync("/whatsappProxyAddAccount", Boss, new { name = "Office", phone = phone ?? NewPhone() });
        Assert.True(added.Status == 200, added.Text);
        return added.Body.GetProperty("account").GetProperty("id").GetString()!;
    }

    public async Task<DocumentFields> AccountAsync(string accountId) => (await Firebase.FindAsync(FirestorePaths.Account(accountId)))!.Fields;

    /// <summary>What the account's owner, or time, writes.</summary>
    public async Task ChangeAsync(string accountId, DocumentFields fields, params string[] deleted) => Assert.IsType<CommitOutcome.Committed>(await Firestore.CommitAsync(
        [DocumentWrite.Update(FirestorePaths.Account(accountId), Precondition.Present, fields, deleted)], "test", CancellationToken.None));

    public async Task ShowCodeAsync(string accountId, TimeSpan expiresIn) => await ChangeAsync(accountId, new DocumentFields
    {
        [AccountFields.Status] = AccountFields.QrReady,
        [AccountFields.QrText] = "2@a-code-of-whatsapp,with,four,parts",
        [AccountFields.QrUpdatedAt] = TimeProvider.System.GetUtcNow(),
        [AccountFields.QrExpiresAt] = TimeProvider.System.GetUtcNow() + expiresIn,
        [AccountFields.PairRequestDone] = (await AccountAsync(accountId)).Map(AccountFields.PairRequest)!.Text("id"),
    });

    public async Task<JsonElement> ListedAsync(string accountId, string function = "/whatsappProxyGetAccounts", string? token = null)
    {
        var listed = await GetAsync(function, token ?? Boss);
        Assert.True(listed.Status == 200, listed.Text);
        return listed.Body.GetProperty("accounts").EnumerateArray().SingleOrDefault(account => account.GetProperty("id").GetString() == accountId);
    }
}

/// <summary>One for all tests of these endpoints; each test brings an account of its own.</summary>
[CollectionDefinition(Name)]
public sealed class DeskCollection : ICollectionFixture<DeskWorld>
{
    public const string Name = "desk";
}
