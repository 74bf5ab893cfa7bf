using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.FirebaseEmulator;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Accounts.Ownership;
using WaAspire.Tests.FirebaseEmulator;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;
using WaAspire.Worker;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Tests.Gateway;

/// <summary>
/// A whole worker with its loops, its own gateway process and real baileys in it, between the two stand-ins: the store's
/// and WhatsApp's. Tests add accounts, scan them, and look at both sides.
/// </summary>
public class LinkedWorld : IAsyncLifetime
{
    private static int _count;
    private readonly RedisServer _redis = new();
    private readonly List<WebApplication> _workers = [];
    private WebApplication _emulator = null!;
    private SocketStandInProcess _whatsApp = null!;

    internal SocketStandIn WhatsApp => _whatsApp.Switches;

    /// <summary>Where its gateways keep what is not stored yet.</summary>
    public string Spool { get; } = Directory.CreateTempSubdirectory("gateway-spool").FullName;

    public IServiceProvider Worker => _workers[^1].Services;

    public IFirestore Firestore => Worker.GetRequiredService<IFirestore>();

    /// <summary>Where the worker's own endpoints are.</summary>
    public HttpClient Http { get; private set; } = null!;

    /// <summary>The gateway's durations; see its README.</summary>
    protected virtual object GatewayOptions => new { backoffBaseMs = 100, backoffCapMs = 1000 };

    protected virtual IEnumerable<string> Arguments => [];

    public async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        _whatsApp = await SocketStandInProcess.StartAsync();
        _emulator = EmulatorHost.Create(
            ["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", "--Firestore:IndexesFile", Path.Combine(EmulatorFixture.RepositoryRoot, "firestore.indexes.json")]);
        await _emulator.StartAsync();
        await StartWorkerAsync();
    }

    public async Task DisposeAsync()
    {
        await StopWorkerAsync();
        await _emulator.DisposeAsync();
        await _whatsApp.DisposeAsync();
        await _redis.DisposeAsync();
        Directory.Delete(Spool, recursive: true);
    }

    public async Task StartWorkerAsync()
    {
        _workers.Add(WorkerHost.Create(
        [
            "--urls", "http://127.0.0.1:0",
            "--Logging:LogLevel:Default", "None",
            "--FIREBASE_PROJECT_ID", RunningSystem.ProjectId,
            "--FIRESTORE_EMULATOR_HOST", new Uri(_emulator.Urls.Single()).Authority,
            "--ConnectionStrings:redis", _redis.ConnectionString,
            "--WA_SESSION_KEYS", TwoOwners.OldKey,
            "--WA_WEB_SOCKET_URL", _whatsApp.Url,
            "--GATEWAY_OPTIONS", JsonSerializer.Serialize(GatewayOptions),
            "--Gateway:Spool", Spool,
            "--INTERNAL_TOKEN", RunningSystem.InternalToken,
            "--Accounts:RefreshEvery", "00:00:01",
            "--Accounts:HeartbeatEvery", "00:00:01",
            "--Accounts:InstancesEvery", "00:00:01",
            "--Ownership:Patience", "00:00:01",
            "--Pacing:BaileysGap", "00:00:00.020",
            "--Pacing:BaileysGapJitter", "00:00:00",
            "--LinkedFiles:AllowPrivate", "true",
            // Wide, so that a busy machine is not taken for a worker that is not ready.
            "--Observability:ProbeTimeout", "00:01:00",
            "--Observability:LoopSilence", "00:10:00",
            .. Arguments,
        ]));
        await _workers[^1].StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(_workers[^1].Urls.First()) };
        Http.DefaultRequestHeaders.Add("X-Internal-Token", RunningSystem.InternalToken);
    }

    /// <summary>A drain: what it held is free at once.</summary>
    public async Task StopWorkerAsync()
    {
        Http.Dispose();
        await _workers[^1].StopAsync();
        await _workers[^1].DisposeAsync();
    }

    /// <summary>Added, shown, scanned, connected.</summary>
    internal async Task<LinkedAccount> LinkAsync(DocumentFields? also = null)
    {
        var account = await AddAsync(also);
        await PairAsync(account);
        return account;
    }

    internal async Task<LinkedAccount> AddAsync(DocumentFields? also = null)
    {
        var number = Interlocked.Increment(ref _count);
        var account = new LinkedAccount(this, $"account_linked_{number:d5}", $"4076{number:d7}");
        var fields = new DocumentFields(also ?? []) { [AccountFields.Provider] = Account.Baileys, [AccountFields.Status] = "connecting" };
        await CommitAsync(DocumentWrite.Create(FirestorePaths.Account(account.Id), fields));
        return account;
    }

    internal async Task PairAsync(LinkedAccount account)
    {
        await Worker.GetRequiredService<PairRequests>().AskAsync(account.Id, null, fresh: false, CancellationToken.None);
        var scanned = "";
        await Eventually.IsTrueAsync(
            async () =>
            {
                var fields = await account.StoredAsync();
                if (fields.Text("qrText") is { } qr && qr != scanned && await WhatsApp.ScanAsync(qr, account.Phone))
                {
                    scanned = qr;
                }

                return fields.Text(AccountFields.Status) == "connected";
            },
            "the account is scanned and connected",
            LinkedAccount.Patience);
    }

    public async Task CommitAsync(params DocumentWrite[] writes) =>
        Assert.IsType<CommitOutcome.Committed>(await Firestore.CommitAsync(writes, "test", CancellationToken.None));

    public async Task<DocumentFields?> FindAsync(string path) => (await Firestore.GetAsync([path], "test", CancellationToken.None)).Find(path)?.Fields;
}

/// <summary>One account of a <see cref="LinkedWorld"/>, and the phone it belongs to.</summary>
internal sealed class LinkedAccount(LinkedWorld world, string id, string phone)
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static int _count;

    public string Id => id;

    public string Phone => phone;

    public string ThreadId(string jid) => $"{id}__{jid}";

    /// <summary>A thread with somebody.</summary>
    /// <param name="person">Digits.</param>
    /// <param name="hasWritten">Whether that person has ever written to us.</param>
    public async Task<string> OpenThreadAsync(string person, bool hasWritten = true)
    {
        var thread = ThreadId($"{person}@s.whatsapp.net");
        var fields = new DocumentFields { [ThreadFields.AccountId] = id, [ThreadFields.ClientJid] = $"{person}@s.whatsapp.net", [ThreadFields.LastMessageAt] = DateTimeOffset.UnixEpoch };
        if (hasWritten)
        {
            fields[ThreadFields.LastInboundAt] = DateTimeOffset.UnixEpoch;
        }

        await world.CommitAsync(DocumentWrite.Set(FirestorePaths.Thread(thread), fields));
        return thread;
    }

    /// <summary>What the proxy commits for one message, and its signal.</summary>
    /// <returns>The request id.</returns>
    public async Task<string> QueueAsync(string threadId, string text, DocumentFields? payload = null)
    {
        var requestId = $"{Interlocked.Increment(ref _count):x8}{Guid.NewGuid():N}";
        var writes = OutboxWorld.QueuedWrites(requestId, threadId, id);
        var fields = writes[0].Fields;
        (fields[OutboxFields.ToJid], fields[OutboxFields.Body]) = (threadId[(threadId.IndexOf("__", StringComparison.Ordinal) + 2)..], text);
        if (payload is not null)
        {
            fields[OutboxFields.Payload] = FirestoreValue.From(payload);
        }

        await world.CommitAsync(writes);
        await world.Worker.GetRequiredService<ILanes>().SignalAsync(new Lane(id, threadId), TimeSpan.Zero);
        return requestId;
    }

    public async Task<OutboxDocument> OutboxAsync(string requestId) => OutboxDocument.Read(
        (await world.Firestore.GetAsync([FirestorePaths.OutboxMessage(requestId)], "test", CancellationToken.None)).Find(FirestorePaths.OutboxMessage(requestId))!);

    public Task<OutboxDocument> BecomesAsync(string requestId, OutboxStatus status) => Eventually.GetAsync(
        async () => await OutboxAsync(requestId) is { } message && message.Status == status ? message : null, $"the message becomes {status}", Patience);

    public async Task<DocumentFields> StoredAsync() => (await world.FindAsync(FirestorePaths.Account(id)))!;

    public Task StandsAsync(Func<DocumentFields, bool> condition, string what) =>
        Eventually.IsTrueAsync(async () => condition(await StoredAsync()), what, Patience);

    public Task<DocumentFields> HearsAsync(string threadId, string messageId) => Eventually.GetAsync(
        () => world.FindAsync(FirestorePaths.ThreadMessage(threadId, messageId)), $"the letter {messageId} is stored", Patience);

    public async Task<IReadOnlyList<JsonElement>> SentAsync() => [.. (await world.WhatsApp.GetAsync($"sent?account={phone}")).EnumerateArray()];

    public OwnedAccount? Held => world.Worker.GetRequiredService<OwnedAccounts>().Find(id);
}
