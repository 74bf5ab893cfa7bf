using System.Diagnostics;
using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Tests.Accounts.Ownership;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;

namespace WaAspire.Tests.Gateway;

/// <summary>
/// The whole product with accounts that are paired by QR code: real workers, their real gateways, real baileys in them, and
/// WhatsApp's stand-in as AppHost.cs starts it. Three workers, so that one can die and one can join.
/// </summary>
public sealed class LinkedSystem : RunningSystem, IAsyncLifetime
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(Durations.IsFull ? 12 : 4);
    private const int Workers = 3;
    private string _spool = "";

    /// <summary>How long a session's lease stands; the rest of the ownership rules follows from it.</summary>
    public static TimeSpan Lease => Durations.IsFull ? TimeSpan.FromSeconds(60) : TimeSpan.FromSeconds(10);

    /// <summary>One session at most moves for balance in so long.</summary>
    public static TimeSpan MoveEvery => Durations.Scaled(TimeSpan.FromSeconds(10));

    internal SocketStandIn Sockets { get; private set; } = null!;

    protected override bool HasSockets => true;

    async Task IAsyncLifetime.InitializeAsync()
    {
        await new NpmFolder(Path.Combine(Artifacts.Root, "baileys-gateway"), TimeSpan.FromMinutes(8)).InstallAsync();
        _spool = Directory.CreateTempSubdirectory("gateway-spool").FullName;
        await InitializeAsync();
        Sockets = new SocketStandIn(App.CreateHttpClient("sockets", "http"));

        // 812 uploaded keys for each of many accounts prove nothing more than one such upload does; the gateway's own tests have it.
        await Sockets.PostAsync("faults", new { preKeys = 812 });
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        Directory.Delete(_spool, recursive: true);
    }

    internal async Task<DocumentFields> StoredAsync(string path) =>
        (await Firestore.GetAsync([path], "test", CancellationToken.None)).Find(path)?.Fields ?? [];

    internal async Task CommitAsync(params DocumentWrite[] writes) =>
        Assert.IsType<CommitOutcome.Committed>(await Firestore.CommitAsync(writes, "test", CancellationToken.None));

    /// <summary>Asks the account's owner for a code, or to come back where a person has to say so.</summary>
    internal Task AskToPairAsync(string accountId) => Eventually.IsTrueAsync(
        async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/internal/accounts/{accountId}/pair") { Content = JsonContent.Create(new { }) };
            request.Headers.Add("X-Internal-Token", InternalToken);
            try
            {
                using var answer = await Worker.SendAsync(request);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                // A connection to a worker that has ended since. Another one hears the next call.
                return false;
            }
        },
        $"somebody takes the request to pair {accountId}");

    /// <summary>A code is there to be scanned.</summary>
    internal async Task ShowsCodeAsync(string accountId)
    {
        await AskToPairAsync(accountId);
        await Eventually.IsTrueAsync(
            async () => (await StoredAsync(FirestorePaths.Account(accountId))).Text(AccountFields.QrText) is not null, $"{accountId} shows a code", Patience, () => StandAsync(accountId));
    }

    /// <summary>Asks for a code and scans it, and the next one should it have run out or its session have ended, until the account is connected.</summary>
    internal async Task PairAsync(string accountId, string phone)
    {
        await AskToPairAsync(accountId);
        var scanned = "";
        await Eventually.IsTrueAsync(
            async () =>
            {
                var account = await StoredAsync(FirestorePaths.Account(accountId));
                if (account.Text("qrText") is { } qr && qr != scanned && await Sockets.ScanAsync(qr, phone))
                {
                    scanned = qr;
                }

                return account.Text(AccountFields.Status) == "connected";
            },
            $"{accountId} is scanned and connected",
            Patience,
            () => StandAsync(accountId));
    }

    internal Task StatusAsync(string accountId, string status) => Eventually.IsTrueAsync(
        async () => (await StoredAsync(FirestorePaths.Account(accountId))).Text(AccountFields.Status) == status, $"{accountId} is {status}", Patience, () => StandAsync(accountId));

    /// <summary>For a failing test: the account, who holds it, and who lives.</summary>
    internal async Task<string> StandAsync(string accountId) =>
        await Shown.DocumentsAsync(Firestore, FirestorePaths.Account(accountId), FirestorePaths.AccountLease(accountId)) + await Shown.AllAsync(Firestore, FirestorePaths.Instances);

    /// <summary>The instance that holds the account's lease; null while nobody does.</summary>
    internal async Task<string?> OwnerAsync(string accountId) => (await StoredAsync(FirestorePaths.AccountLease(accountId))).Text("owner");

    internal async Task<int> ProcessOfAsync(string instance) => (int)(await StoredAsync(FirestorePaths.Instance(instance))).Integer("processId")!.Value;

    internal static async Task KillAsync(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Every worker runs again, whatever a test has done to it, this one or the one before it.</summary>
    internal async Task StartAllWorkersAsync()
    {
        // One that was killed is seen to have ended only when all of its processes have, which a busy machine takes its time for.
        await Eventually.IsTrueAsync(
            async () =>
            {
                var replicas = Replicas("worker");
                foreach (var ended in replicas.Where(replica => !replica.IsRunning))
                {
                    await App.ResourceCommands.ExecuteCommandAsync(ended.Id, "start");
                }

                return replicas.Count == Workers && replicas.All(replica => replica.IsRunning && Directory.Exists($"/proc/{replica.ProcessId}"));
            },
            "every worker runs",
            Patience);
        await WaitUntilHealthyAsync("worker");
    }

    // In full, production's. Else leases are what tests wait for; all that nobody waits for is long enough for a busy machine.
    protected override void Configure(IResourceBuilder<ProjectResource> worker)
    {
        base.Configure(worker);
        worker.WithReplicas(Workers);
        var settings = new Dictionary<string, string>
        {
            ["WA_SESSION_KEYS"] = TwoOwners.OldKey,
            ["Gateway__Spool"] = _spool,
            ["Accounts__AccountsMax"] = "100",
            ["GATEWAY_OPTIONS"] = """{"backoffBaseMs":200,"ackTimeoutMs":4000}""",
            ["Pacing__BaileysGap"] = "00:00:00.020",
            ["Pacing__BaileysGapJitter"] = "00:00:00",
        };
        if (!Durations.IsFull)
        {
            settings["Ownership__Lease"] = Lease.ToString("c");
            settings["Ownership__Margin"] = "00:00:01";
            settings["Ownership__RenewEvery"] = "00:00:02";
            settings["Ownership__LookEvery"] = "00:00:00.250";
            settings["Ownership__Patience"] = "00:00:02";
            settings["Ownership__MoveEvery"] = MoveEvery.ToString("c");
            settings["Accounts__HeartbeatExpiry"] = "00:00:20";
            settings["Sending__Lease"] = "00:00:25";
            settings["Sending__Margin"] = "00:00:02";
            settings["Sending__SendTimeout"] = "00:00:15";
            settings["Sending__QuietPeriod"] = "00:00:30";

            // An ack that a busy machine brings late costs an attempt; how many there are is other tests' business.
            settings["Sending__MaxAttempts"] = "50";
            settings[$"{LaneOptions.Section}__{nameof(LaneOptions.Hold)}"] = "00:00:04";
            settings[$"{LaneOptions.Section}__{nameof(LaneOptions.CallTimeout)}"] = "00:00:02";
        }

        foreach (var (name, value) in settings)
        {
            worker.WithEnvironment(name, value);
        }
    }
}

[CollectionDefinition(Name)]
public sealed class LinkedSystemGroup : ICollectionFixture<LinkedSystem>
{
    public const string Name = "linked accounts";
}
