using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Alarms;
using WaAspire.Worker.Delivery;
using WaAspire.Worker.Observability;

namespace WaAspire.Tests.Alarms;

/// <summary>A healthy system over a real emulator, a receiver of notices, and a clock for how long a condition has held.</summary>
public sealed class AlarmWorld : IAsyncDisposable
{
    private readonly WorkerUnderTest _workers = new();

    public ManualTime Time { get; } = new();

    public NoticeReceiver Receiver { get; private set; } = null!;

    public IServiceProvider Worker => _workers.Worker;

    public IServiceProvider OtherWorker => _workers.OtherWorker;

    public AlarmLoop Loop { get; private set; } = null!;

    private IFirestore Store => Worker.GetRequiredService<IFirestore>();

    private DateTimeOffset Now => Worker.GetRequiredService<ServerClock>().Now;

    public static async Task<AlarmWorld> OpenAsync()
    {
        var world = new AlarmWorld { Receiver = await NoticeReceiver.OpenAsync() };
        await world._workers.InitializeAsync();
        await world.AccountAsync(new DocumentFields { ["provider"] = "cloud_api", ["status"] = "connected" });
        world.Loop = world.LoopOf(world.Worker);
        return world;
    }

    /// <summary>An evaluator in a worker, as its host would make it, but on the test's clock and at the test's receiver.</summary>
    public AlarmLoop LoopOf(IServiceProvider worker) => new(
        // Figures are kept for a second of real time: here each turn reads anew.
        new FleetFiguresReader(
            ActivatorUtilities.CreateInstance<OutboxFiguresReader>(worker, Options.Create(new ObservabilityOptions { MetricsFreshFor = TimeSpan.Zero })),
            worker.GetRequiredService<IFirestore>(), worker.GetRequiredService<ServerClock>()),
        worker.GetRequiredService<AccountDirectory>(),
        worker.GetRequiredService<InstanceDirectory>(),
        worker.GetRequiredService<DeliveryWatch>(),
        worker.GetRequiredService<WorkerSigns>(),
        worker.GetRequiredService<AlarmBoard>(),
        new AlarmWebhook(Options.Create(Settings), TimeProvider.System),
        worker.GetRequiredService<ServerClock>(),
        Options.Create(Settings),
        Time,
        NullLogger<AlarmLoop>.Instance);

    /// <summary>Makes a condition true, as it would come about.</summary>
    public async Task BreakAsync(string alarm)
    {
        switch (alarm)
        {
            case "OutboxLag":
                await MessagesAsync(1, "queued", OutboxFields.OrderAt, Now.AddMinutes(-6));
                break;
            case "FailedMessages":
                await MessagesAsync(11, "failed", OutboxFields.FailedAt, Now.AddMinutes(-1));
                break;
            case "QueueLength":
                await MessagesAsync(101, "queued", OutboxFields.OrderAt, Now);
                break;
            case "NoActiveAccount":
                await AccountAsync(new DocumentFields { ["provider"] = "baileys", ["status"] = "needs_qr" });
                break;
            case "UncertainMessages":
                await MessagesAsync(1, "uncertain", OutboxFields.OrderAt, Now);
                break;
            case "DeliveryDegraded":
                await MessagesAsync(25, "sent", OutboxFields.SentAt, Now.AddMinutes(-40));
                await Worker.GetRequiredService<DeliveryWatch>().LookAsync(CancellationToken.None);
                break;
            case "DeafSocket":
                await AccountAsync(new DocumentFields { ["provider"] = "baileys", ["status"] = "connected", ["degraded"] = true });
                break;
            case "DeadLetterGrowth":
                await MessagesAsync(51, "failed", OutboxFields.FailedAt, Now.AddMinutes(-30));
                break;
            case "AssertionViolated":
                Worker.GetRequiredService<OutboxGuard>().Report(OutboxAssertions.ProviderId, "alarm");
                break;
            case "RedisDown":
                // Nobody listens there: the first call finds out.
                await Worker.GetRequiredService<ResilientLanes>().WakeAsync("any-account");
                break;
            default:
                throw new InvalidOperationException($"No way to break {alarm} is known.");
        }
    }

    public async Task MendAsync()
    {
        var all = await Store.QueryAsync(new DocumentQuery(FirestorePaths.Outbox), "test", CancellationToken.None);
        await CommitAsync([.. all.Documents.Select(message => DocumentWrite.Delete(message.Path))]);
    }

    public async Task TurnAsync(TimeSpan after = default)
    {
        Time.Advance(after);
        await Loop.LookAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _workers.DisposeAsync();
        await Receiver.DisposeAsync();
    }

    private AlarmOptions Settings => new() { WebhookUrl = Receiver.Url };

    private async Task AccountAsync(DocumentFields fields)
    {
        await CommitAsync([DocumentWrite.Set(FirestorePaths.Account("alarm-account"), fields)]);
        await Worker.GetRequiredService<AccountDirectory>().RefreshAsync(CancellationToken.None);
    }

    private Task MessagesAsync(int count, string status, string timeField, DateTimeOffset at) => CommitAsync([.. Enumerable.Range(0, count).Select(i =>
        DocumentWrite.Set(FirestorePaths.OutboxMessage($"alarm-{status}-{i}"), new DocumentFields
        {
            [OutboxFields.AccountId] = "alarm-account",
            [OutboxFields.ThreadId] = "alarm-account__40700000001@s.whatsapp.net",
            [OutboxFields.Shard] = 7L,
            ["status"] = status,
            [timeField] = at,
        }))]);

    private async Task CommitAsync(IReadOnlyList<DocumentWrite> writes)
    {
        if (writes.Count > 0)
        {
            Assert.IsType<CommitOutcome.Committed>(await Store.CommitAsync(writes, "test", CancellationToken.None));
        }
    }
}
