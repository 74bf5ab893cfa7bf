using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.FirebaseEmulator;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.FirebaseEmulator;
using WaAspire.Tests.Kit;
using WaAspire.Worker;

namespace WaAspire.Tests.Sending;

/// <summary>
/// The worker's own parts over a real emulator, with its loops at rest: a test takes each step of a message by hand, and
/// can do in between what another worker, an operator or a receipt would do.
/// </summary>
public sealed class WorkerUnderTest : OutboxWorld, IAsyncLifetime
{
    private readonly List<WebApplication> _workers = [];
    private WebApplication _emulator = null!;
    private HttpClient _client = null!;

    public override IServiceProvider Worker => _workers[0].Services;

    public override IServiceProvider OtherWorker => _workers[1].Services;

    public async Task InitializeAsync()
    {
        _emulator = EmulatorHost.Create(
            ["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", "--Firestore:IndexesFile", Path.Combine(EmulatorFixture.RepositoryRoot, "firestore.indexes.json")]);
        await _emulator.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_emulator.Urls.Single()) };
        for (var i = 0; i < 2; i++)
        {
            _workers.Add(WorkerHost.Create(
            [
                "--urls", "http://127.0.0.1:0",
                "--Logging:LogLevel:Default", "None",
                "--FIREBASE_PROJECT_ID", RunningSystem.ProjectId,
                "--FIRESTORE_EMULATOR_HOST", _client.BaseAddress.Authority,
                "--ConnectionStrings:redis", "127.0.0.1:1,abortConnect=false,connectRetry=0,connectTimeout=100",
                "--Sending:RetryBase", "00:00:00.010",
                "--Sending:RetryCap", "00:00:00.050",
            ]));
        }

        // The first answer of Firestore sets each worker's clock, as adoption does in a worker that runs.
        foreach (var worker in _workers)
        {
            await worker.Services.GetRequiredService<IFirestore>().GetAsync(["outbox/none"], "test", CancellationToken.None);
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

    public override Task<IAsyncDisposable> LoseReplyAsync(string requestId) =>
        WithFaultsAsync(new { lostReplies = new[] { new { operation = "commit", times = 1, contains = requestId } } });

    public override Task<IAsyncDisposable> FailCommitsAsync(int times) =>
        WithFaultsAsync(new { failures = new[] { new { operation = "commit", status = "UNAVAILABLE", times } } });

    public async Task<IAsyncDisposable> WithFaultsAsync(object faults)
    {
        using var response = await _client.PutAsJsonAsync("/emulator/v1/faults", faults);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return new NoMoreFaults(_client);
    }

    private sealed class NoMoreFaults(HttpClient emulator) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => (await emulator.DeleteAsync("/emulator/v1/faults")).Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class WorkerCollection : ICollectionFixture<WorkerUnderTest>
{
    public const string Name = "worker";
}
