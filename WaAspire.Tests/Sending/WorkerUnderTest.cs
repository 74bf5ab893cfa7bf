using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.FirebaseEmulator;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.FirebaseEmulator;
using WaAspire.Tests.Kit;
using WaAspire.Worker;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Sending;

/// <summary>
/// The worker's own parts over a real emulator, with its loops at rest: a test takes each step of a message by hand, and
/// can do in between what another worker, an operator or a receipt would do.
/// </summary>
public sealed class WorkerUnderTest : IAsyncLifetime
{
    private static int _count;
    private readonly List<WebApplication> _workers = [];
    private WebApplication _emulator = null!;
    private HttpClient _client = null!;

    public IServiceProvider Worker => _workers[0].Services;

    public IServiceProvider OtherWorker => _workers[1].Services;

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

    /// <summary>A queued message with its copy in the thread, as the proxy leaves it.</summary>
    public async Task<OutboxDocument> QueueAsync(string? threadId = null, bool withCopy = true)
    {
        var number = Interlocked.Increment(ref _count);
        var requestId = number.ToString("x64");
        threadId ??= $"account__4070{number:d7}@s.whatsapp.net";
        DocumentWrite[] writes =
        [
            DocumentWrite.Create(
                FirestorePaths.OutboxMessage(requestId),
                new DocumentFields
                {
                    [OutboxFields.RequestId] = requestId,
                    [OutboxFields.Schema] = OutboxTransitions.CurrentSchema,
                    [OutboxFields.AccountId] = "account",
                    [OutboxFields.ThreadId] = threadId,
                    [OutboxFields.Shard] = (long)OutboxShard.Of(threadId),
                    [OutboxFields.Status] = OutboxStatusNames.Queued,
                    [OutboxFields.AttemptCount] = 0L,
                },
                FieldTransform.RequestTime(OutboxFields.OrderAt),
                FieldTransform.RequestTime(OutboxFields.NextAttemptAt)),
            DocumentWrite.Create(
                FirestorePaths.ThreadMessage(threadId, requestId), new DocumentFields { [ThreadMessageFields.Status] = OutboxStatusNames.Queued }),
        ];
        await CommitAsync(withCopy ? writes : writes[..1]);
        return await ReadAsync(requestId);
    }

    public async Task<OutboxDocument> ReadAsync(string requestId) => OutboxDocument.Read((await FindAsync(FirestorePaths.OutboxMessage(requestId)))!);

    public async Task<string?> ShownAsync(OutboxDocument message) =>
        (await FindAsync(FirestorePaths.ThreadMessage(message.ThreadId!, message.RequestId)))?.Fields.Text(ThreadMessageFields.Status);

    public async Task<StoredDocument?> FindAsync(string path) =>
        (await Worker.GetRequiredService<IFirestore>().GetAsync([path], "test", CancellationToken.None)).Find(path);

    public async Task CommitAsync(IReadOnlyList<DocumentWrite> writes) =>
        Assert.IsType<CommitOutcome.Committed>(await Worker.GetRequiredService<IFirestore>().CommitAsync(writes, "test", CancellationToken.None));

    public async Task<ClaimedMessage> ClaimAsync(OutboxDocument message) =>
        (await Worker.GetRequiredService<Claims>().ClaimAsync(message, CancellationToken.None))!;

    public Task<Recorded> RecordAsync(ClaimedMessage claimed, SendOutcome outcome, Func<PreparedClaim?>? ride = null) =>
        Worker.GetRequiredService<OutcomeRecorder>().RecordAsync(claimed, outcome, ride ?? (() => null), CancellationToken.None);

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
