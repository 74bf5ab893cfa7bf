using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.FirebaseEmulator;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.FirebaseEmulator;
using WaAspire.Tests.Kit;
using WaAspire.Worker;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Sessions;

namespace WaAspire.Tests.Accounts.Ownership;

/// <summary>Two workers over one real emulator, their loops at rest: a test takes each step of a term by hand.</summary>
public sealed class TwoOwners : IAsyncLifetime
{
    public const string OldKey = "old:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    public const string NewKey = "new:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";
    private static int _count;
    private readonly List<WebApplication> _workers = [];
    private WebApplication _emulator = null!;
    private HttpClient _client = null!;

    public IServiceProvider One => _workers[0].Services;

    public IServiceProvider Other => _workers[1].Services;

    /// <summary>Knows the new key only.</summary>
    public IServiceProvider WithoutOldKey => _workers[2].Services;

    private IFirestore Firestore => One.GetRequiredService<IFirestore>();

    public async Task InitializeAsync()
    {
        _emulator = EmulatorHost.Create(
            ["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", "--Firestore:IndexesFile", Path.Combine(EmulatorFixture.RepositoryRoot, "firestore.indexes.json")]);
        await _emulator.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_emulator.Urls.Single()) };
        foreach (var keys in new[] { OldKey, $"{NewKey},{OldKey}", NewKey })
        {
            _workers.Add(WorkerHost.Create(
            [
                "--urls", "http://127.0.0.1:0",
                "--Logging:LogLevel:Default", "None",
                "--FIREBASE_PROJECT_ID", RunningSystem.ProjectId,
                "--FIRESTORE_EMULATOR_HOST", _client.BaseAddress.Authority,
                "--ConnectionStrings:redis", "127.0.0.1:1,abortConnect=false,connectRetry=0,connectTimeout=100",
                "--WA_SESSION_KEYS", keys,
                "--INTERNAL_TOKEN", RunningSystem.InternalToken,
                "--Ownership:MoveEvery", "01:00:00",
                "--Ownership:Patience", "00:10:00",
                "--Gateway:CommandTimeout", "00:01:00",
            ]));
            await _workers[^1].Services.GetRequiredService<IFirestore>().GetAsync(["outbox/none"], "test", CancellationToken.None);
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var app in _workers.Append(_emulator))
        {
            await app.DisposeAsync();
        }

        _client.Dispose();
    }

    public static string NewAccount() => $"account_owned_{Interlocked.Increment(ref _count):d5}";

    public async Task<AccountLease> LeaseAsync(string accountId) =>
        (await One.GetRequiredService<LeaseStore>().ReadAsync([accountId], CancellationToken.None)).Leases[0];

    public async Task<LeaseTerm> TakeAsync(IServiceProvider worker, string accountId) =>
        (await worker.GetRequiredService<LeaseStore>().TakeAsync(await LeaseAsync(accountId), CancellationToken.None))!;

    /// <summary>Lease and session, as the loop does it.</summary>
    public async Task<OwnedAccount> OwnAsync(IServiceProvider worker, string accountId)
    {
        var term = await TakeAsync(worker, accountId);
        var fence = await worker.GetRequiredService<SessionStore>().TouchAsync(accountId, term.Epoch, CancellationToken.None);
        var held = new OwnedAccount(term, fence!);
        worker.GetRequiredService<OwnedAccounts>().Add(held);
        return held;
    }

    public async Task<StoredDocument?> FindAsync(string path) => (await Firestore.GetAsync([path], "test", CancellationToken.None)).Find(path);

    public async Task<IReadOnlyList<StoredDocument>> KeysAsync(string accountId) =>
        (await Firestore.QueryAsync(new DocumentQuery(FirestorePaths.SessionKeys(accountId)), "test", CancellationToken.None)).Documents;

    public async Task CommitAsync(params DocumentWrite[] writes) =>
        Assert.IsType<CommitOutcome.Committed>(await Firestore.CommitAsync(writes, "test", CancellationToken.None));

    public Task OpenAsync(string accountId, string status = "connected") => CommitAsync(DocumentWrite.Set(
        FirestorePaths.Account(accountId), new DocumentFields { [AccountFields.Provider] = Account.Baileys, [AccountFields.Status] = status }));

    /// <summary>The next commit that names this is applied, and its reply is lost.</summary>
    public async Task<IAsyncDisposable> LoseReplyAsync(string contains)
    {
        using var response = await _client.PutAsJsonAsync("/emulator/v1/faults", new { lostReplies = new[] { new { operation = "commit", times = 1, contains } } });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return new NoMoreFaults(_client);
    }

    private sealed class NoMoreFaults(HttpClient emulator) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => (await emulator.DeleteAsync("/emulator/v1/faults")).Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class OwnershipCollection : ICollectionFixture<TwoOwners>
{
    public const string Name = "ownership";
}
