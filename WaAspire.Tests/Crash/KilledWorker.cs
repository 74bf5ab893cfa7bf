using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.FirebaseEmulator;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;
using WaAspire.WhatsAppSimulator;

namespace WaAspire.Tests.Crash;

/// <summary>
/// A world of its own for one kill: a Firestore, a WhatsApp, a database of the real Redis, and real worker processes one
/// after the other. The protocol's durations are short, the code is the same.
/// </summary>
internal sealed class KilledWorker(string redis, bool laneRescues) : IAsyncDisposable
{
    private static readonly string[] _durations =
    [
        "Sending__Lease=00:00:02", "Sending__SendTimeout=00:00:00.800", "Sending__Margin=00:00:00.200", "Sending__RetryBase=00:00:00.020",
        "Sending__RetryCap=00:00:00.100", "Sending__PollEvery=00:00:00.200", "Sending__LostClaimRest=00:00:00.300", "Sending__DoubtRecheck=00:00:00.500",
        "Recovery__SweepEvery=00:00:00.300", "Recovery__SweepTrail=00:00:01", "Lanes__Hold=00:00:00.400",
    ];

    /// <summary>No sweep comes while the test runs: the lane, signalled by the test, finds the orphan itself.</summary>
    private static readonly string[] _noSweep = ["Recovery__SweepEvery=00:10:00"];

    private readonly List<Process> _processes = [];
    private WebApplication _firebase = null!;
    private WebApplication _whatsApp = null!;
    private IHost _stores = null!;
    private HttpClient _http = null!;

    public const string Thread = "account__40712345678@s.whatsapp.net";

    /// <summary>Three messages of one thread, behind an orphan of a worker that died before, and a store that is not always well.</summary>
    public static readonly IReadOnlyList<string> RequestIds = ["orphan", "first", "second", "third"];

    private IFirestore Firestore => _stores.Services.GetRequiredService<IFirestore>();

    public async Task StartAsync()
    {
        _firebase = EmulatorHost.Create(
            ["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", "--Firestore:IndexesFile", Path.Combine(Artifacts.Root, "firestore.indexes.json")]);
        await _firebase.StartAsync();
        _whatsApp = SimulatorHost.Create(["--port", "0", "--Logging:LogLevel:Default", "None"]);
        await _whatsApp.StartAsync();
        _http = new HttpClient();
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["FIREBASE_PROJECT_ID"] = RunningSystem.ProjectId;
        builder.Configuration["FIRESTORE_EMULATOR_HOST"] = new Uri(_firebase.Urls.First()).Authority;
        builder.AddFirestore();
        _stores = builder.Build();
        await SeedAsync();
    }

    /// <summary>The store refuses one record, loses another and is away for a third: so that also the ways around are walked.</summary>
    public async Task MakeRoughAsync()
    {
        using var response = await _http.PutAsJsonAsync(_firebase.Urls.First() + "/emulator/v1/faults", new
        {
            failures = new object[]
            {
                new { operation = "commit", status = "FAILED_PRECONDITION", times = 2, contains = "providerMessageId" },
                new { operation = "commit", status = "UNAVAILABLE", times = 2, contains = "providerMessageId" },
            },
        });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task MakeWellAsync() => (await _http.DeleteAsync(_firebase.Urls.First() + "/emulator/v1/faults")).Dispose();

    public Process StartWorker(string? killAt)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "WaAspire.Worker.dll"), "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var setting in laneRescues ? _durations.Concat(_noSweep) : _durations)
        {
            start.Environment[setting.Split('=')[0]] = setting.Split('=')[1];
        }

        start.Environment["FIREBASE_PROJECT_ID"] = RunningSystem.ProjectId;
        start.Environment["FIRESTORE_EMULATOR_HOST"] = new Uri(_firebase.Urls.First()).Authority;
        start.Environment["ConnectionStrings__redis"] = redis;
        start.Environment["WHATSAPP_GRAPH_BASE_URL"] = _whatsApp.Urls.First() + "/v25.0";
        start.Environment["WHATSAPP_ACCESS_TOKEN"] = "a-token";
        start.Environment["Logging__LogLevel__Default"] = "Error";
        if (killAt is not null)
        {
            start.Environment["WAASPIRE_KILL_AT"] = killAt;
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
        return process;
    }

    public async Task<IReadOnlyList<OutboxDocument>> OutboxAsync()
    {
        var read = await Firestore.GetAsync([.. RequestIds.Select(FirestorePaths.OutboxMessage)], "test", CancellationToken.None);
        return [.. RequestIds.Select(id => OutboxDocument.Read(read.Find(FirestorePaths.OutboxMessage(id))!))];
    }

    /// <summary>What WhatsApp accepted, in order: request id and provider id.</summary>
    public async Task<IReadOnlyList<(string RequestId, string Id)>> AcceptedAsync()
    {
        var lines = await _http.GetStringAsync(_whatsApp.Urls.First() + "/simulator/accepted");
        return
        [
            .. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement)
                .Select(entry => (entry.GetProperty("opaque").GetString()!.Split(':')[0], entry.GetProperty("id").GetString()!)),
        ];
    }

    /// <summary>What the proxy does after its commit.</summary>
    public async Task SignalAsync()
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(redis);
        using var lanes = new RedisLanes(connection, Options.Create(new LaneOptions { CallTimeout = TimeSpan.FromMinutes(1) }), TimeProvider.System);
        await lanes.SignalAsync(new Lane("account", Thread), TimeSpan.Zero);
    }

    /// <summary>What a receipt does for a message that WhatsApp has accepted, and an operator for one that it has not.</summary>
    public async Task SettleAsync(OutboxDocument doubtful)
    {
        var accepted = (await AcceptedAsync()).FirstOrDefault(message => message.RequestId == doubtful.RequestId);
        var writes = accepted.Id is { } id
            ? StatusDecision.For(doubtful, null, new ProviderStatus(id, "sent", null, $"{doubtful.RequestId}:{doubtful.ClaimSeq}"), doubtful.UpdateTime).Writes
            : OutboxTransitions.Resend(doubtful);
        // Refused or lost: a worker was faster, or the store is not well just now. Whoever asked looks again.
        await Firestore.CommitAsync(writes, "test", CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _stores.Dispose();
        _http.Dispose();
        await _whatsApp.DisposeAsync();
        await _firebase.DisposeAsync();
    }

    private async Task SeedAsync()
    {
        await CommitAsync(DocumentWrite.Set(FirestorePaths.Account("account"), new DocumentFields
        {
            ["provider"] = "cloud_api",
            ["phoneNumberId"] = "100000000000001",
            ["status"] = "connected",
        }));

        // A worker claimed this one and was never heard of again: its lease runs out while the test watches.
        await QueueAsync("orphan");
        var orphan = (await Firestore.GetAsync([FirestorePaths.OutboxMessage("orphan")], "test", CancellationToken.None)).Documents[0];
        await CommitAsync(OutboxTransitions.Claim(
            OutboxDocument.Read(orphan), "a-dead-worker", "its-claim", orphan.UpdateTime, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(200)));
        foreach (var requestId in RequestIds.Skip(1))
        {
            await QueueAsync(requestId);
        }
    }

    private Task QueueAsync(string requestId) => CommitAsync(OutboxWorld.QueuedWrites(requestId, Thread));

    private async Task CommitAsync(params DocumentWrite[] writes) =>
        Assert.IsType<CommitOutcome.Committed>(await Firestore.CommitAsync(writes, "test", CancellationToken.None));
}
