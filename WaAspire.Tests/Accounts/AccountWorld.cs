using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.FirebaseEmulator;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.FirebaseEmulator;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;
using WaAspire.WhatsAppSimulator;
using WaAspire.Worker;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Accounts;

/// <summary>
/// A worker with its loops at rest, over a real emulator and a real WhatsApp stand-in: a test sends lane by lane and looks
/// at what an error did to the message, the account, the pair and the template. The table's waits are a millionth.
/// </summary>
public sealed class AccountWorld : IAsyncLifetime
{
    private static int _count;
    private WebApplication _emulator = null!;
    private WebApplication _simulator = null!;
    private WebApplication _worker = null!;
    private HttpClient _whatsApp = null!;

    public IServiceProvider Worker => _worker.Services;

    public AccountDirectory Accounts => Worker.GetRequiredService<AccountDirectory>();

    public AccountPauses Pauses => Worker.GetRequiredService<AccountPauses>();

    public SendGate Gate => Worker.GetRequiredService<SendGate>();

    private IFirestore Firestore => Worker.GetRequiredService<IFirestore>();

    public async Task InitializeAsync()
    {
        _emulator = EmulatorHost.Create(
            ["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", "--Firestore:IndexesFile", Path.Combine(EmulatorFixture.RepositoryRoot, "firestore.indexes.json")]);
        await _emulator.StartAsync();
        _simulator = SimulatorHost.Create(["--port", "0", "--Logging:LogLevel:Default", "None"]);
        await _simulator.StartAsync();
        _whatsApp = new HttpClient { BaseAddress = new Uri(_simulator.Urls.First()) };
        _worker = AnotherWorker("127.0.0.1:1,abortConnect=false,connectRetry=0,connectTimeout=100");
        await Firestore.GetAsync(["outbox/none"], "test", CancellationToken.None);
    }

    /// <summary>One more worker on the same data, its loops at rest, which puts accounts that may not send aside for a minute.</summary>
    public WebApplication AnotherWorker(string redis) => WorkerHost.Create(
        [
            "--urls", "http://127.0.0.1:0",
            "--Logging:LogLevel:Default", "None",
            "--FIREBASE_PROJECT_ID", RunningSystem.ProjectId,
            "--FIRESTORE_EMULATOR_HOST", new Uri(_emulator.Urls.Single()).Authority,
            "--WHATSAPP_GRAPH_BASE_URL", _simulator.Urls.First() + "/v25.0",
            "--WHATSAPP_ACCESS_TOKEN", "a-token",
            "--ConnectionStrings:redis", redis,
            "--Lanes:RefusedAccountRest", "00:01:00",
            "--Sending:RetryBase", "00:00:00.001",
            "--Sending:RetryCap", "00:00:00.002",
            "--Sending:TableDelayFactor", "0.000001",
        ]);

    public async Task DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _simulator.DisposeAsync();
        await _emulator.DisposeAsync();
        _whatsApp.Dispose();
    }

    /// <summary>A new account that may send, known to the worker.</summary>
    public async Task<Sender> OpenAsync(string? wabaId = null, Action<DocumentFields>? also = null)
    {
        var number = Interlocked.Increment(ref _count);
        var sender = new Sender(this, $"account_{number:d5}", $"3000000{number:d8}", number);
        var fields = new DocumentFields
        {
            [AccountFields.Provider] = AccountFields.CloudApi,
            [AccountFields.PhoneNumberId] = sender.PhoneNumberId,
            [AccountFields.Status] = "connected",
            [AccountFields.WabaId] = wabaId ?? $"waba-{number}",
        };
        also?.Invoke(fields);
        await CommitAsync([DocumentWrite.Set(FirestorePaths.Account(sender.Id), fields)]);
        await Accounts.ReadAsync(sender.Id, CancellationToken.None);
        return sender;
    }

    public async Task<StoredDocument> StoredAsync(string path) => (await Firestore.GetAsync([path], "test", CancellationToken.None)).Find(path)!;

    public async Task CommitAsync(IReadOnlyList<DocumentWrite> writes) =>
        Assert.IsType<CommitOutcome.Committed>(await Firestore.CommitAsync(writes, "test", CancellationToken.None));

    /// <summary>Replaces the faults; none switches them off.</summary>
    public async Task FaultsAsync(params object[] faults)
    {
        using var response = await _whatsApp.PutAsJsonAsync("/simulator/faults", new { faults });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<IReadOnlyList<JsonElement>> RequestsAsync(Sender sender)
    {
        var lines = await _whatsApp.GetStringAsync("/simulator/requests");
        return
        [
            .. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
                .Where(entry => entry.GetProperty("phoneNumberId").GetString() == sender.PhoneNumberId),
        ];
    }

    /// <summary>One turn of the loop that looks after accounts which do not send.</summary>
    public Task LookAfterAccountsAsync() => Worker.GetRequiredService<AccountLoop>().LookAsync(CancellationToken.None);

    public sealed record Sender(AccountWorld World, string Id, string PhoneNumberId, int Number)
    {
        public string Thread(int thread) => $"{Id}__{Phone(thread)}@s.whatsapp.net";

        public string Phone(int thread) => $"40{Number:d5}{thread:d4}";

        public async Task<string> QueueAsync(int thread = 1, DocumentFields? payload = null)
        {
            var requestId = Interlocked.Increment(ref _count).ToString("x64");
            var writes = OutboxWorld.QueuedWrites(requestId, Thread(thread), Id);
            writes[0].Fields[OutboxFields.ToJid] = $"{Phone(thread)}@s.whatsapp.net";
            if (payload is not null)
            {
                writes[0].Fields[OutboxFields.Payload] = FirestoreValue.From(payload);
            }

            await World.CommitAsync(writes);
            return requestId;
        }

        /// <summary>As the lane loop does with a due lane: gate, head, claim, send, record.</summary>
        public Task<LaneRelease> SendAsync(int thread = 1) => World.Worker.GetRequiredService<MessageSender>()
            .SendLaneAsync(new HeldLane(new Lane(Id, Thread(thread)), 1), CancellationToken.None, CancellationToken.None);

        /// <summary>Until the message leaves its lane; the waits of the table pass meanwhile.</summary>
        public Task<OutboxDocument> SendUntilEndedAsync(string requestId, int thread = 1) => Eventually.GetAsync(
            async () =>
            {
                await SendAsync(thread);
                return await MessageAsync(requestId) is { IsUnfinished: false } ended ? ended : null;
            },
            $"{requestId[^4..]} ends");

        public async Task<OutboxDocument> MessageAsync(string requestId) =>
            OutboxDocument.Read(await World.StoredAsync(FirestorePaths.OutboxMessage(requestId)));

        public async Task<string?> FailureAsync(string requestId) =>
            (await World.StoredAsync(FirestorePaths.OutboxMessage(requestId))).Fields.Map(OutboxFields.Failure)?.Text("code");

        public async Task<SendPause?> PauseAsync() =>
            (await World.StoredAsync(FirestorePaths.Account(Id))).Fields.Map(AccountFields.SendPaused) is { } stored ? SendPause.Read(stored) : null;

        public async Task<int> RequestCountAsync() => (await World.RequestsAsync(this)).Count;

        public object Error(int code, int times = 99, int? httpStatus = null, int? subcode = null) =>
            new { kind = "error", code, times, phoneNumberId = PhoneNumberId, httpStatus, subcode };
    }
}

[CollectionDefinition(Name)]
public sealed class AccountCollection : ICollectionFixture<AccountWorld>
{
    public const string Name = "accounts";
}
