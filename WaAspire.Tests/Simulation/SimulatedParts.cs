using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Leasing;
using WaAspire.Tests.Leasing;
using WaAspire.Tests.Pacing;
using WaAspire.Tests.Sending;
using WaAspire.Tests.Simulation.Fleet;
using WaAspire.Tests.Simulation.Redis;
using WaAspire.Tests.Simulation.Store;
using WaAspire.Worker;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Pacing;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Simulation;

/// <summary>A line without latency, for whoever wants the simulated Redis itself and no network before it.</summary>
internal sealed class DirectLine : IRedisLine
{
    private readonly Lock _gate = new();
    private readonly List<(string Channel, Action<string> Heard)> _listeners = [];

    public Task<T> AskAsync<T>(Func<T> serve)
    {
        lock (_gate)
        {
            return Task.FromResult(serve());
        }
    }

    public void Publish(string channel, string message)
    {
        foreach (var heard in _listeners.Where(listener => listener.Channel == channel).ToList())
        {
            heard.Heard(message);
        }
    }

    public void Subscribe(string channel, Action<string> heard) => _listeners.Add((channel, heard));
}

/// <summary>The shipped lanes and their Lua on the simulated Redis keep the contract that they keep on the real one.</summary>
public sealed class SimulatedRedisLanesTests : LanesContract
{
    private readonly RedisLanes _lanes;
    private TimeSpan _passed;

    public SimulatedRedisLanesTests() => _lanes = new RedisLanes(
        SimulatedRedis.Connect(new RedisMemory(() => TimeProvider.System.GetUtcNow() + _passed), new DirectLine()),
        Options.Create(new LaneOptions { Hold = Hold, RefusedAccountRest = Hold / 4 }),
        TimeProvider.System);

    protected override ILanes Lanes => _lanes;

    protected override Task PassAsync(TimeSpan time)
    {
        _passed += time;
        return Task.CompletedTask;
    }
}

/// <summary>The same for the shipped pacing.</summary>
public sealed class SimulatedRedisPacingTests : PacingContract
{
    protected override IPacing Pacing { get; } = new RedisPacing(
        SimulatedRedis.Connect(new RedisMemory(TimeProvider.System.GetUtcNow), new DirectLine()), Limits, Options.Create(new LaneOptions()), new Random(1), TimeProvider.System);
}

/// <summary>The worker's parts over the simulated store, without a network in between: for the suites that the real one passes.</summary>
public sealed class SimulatedWorld : OutboxWorld
{
    private static readonly Lazy<ServiceDescriptor[]> _shipped = new(() => Parts.Of(builder => builder.AddWorker()));
    private readonly DirectFirestore _firestore = new(new SimulatedStore(TimeProvider.System.GetUtcNow));

    public SimulatedWorld() => (Worker, OtherWorker) = (Build("worker-1"), Build("worker-2"));

    public override IServiceProvider Worker { get; }

    public override IServiceProvider OtherWorker { get; }

    public override Task<IAsyncDisposable> LoseReplyAsync(string requestId) => Task.FromResult(_firestore.Fail(1, requestId, isApplied: true));

    public override Task<IAsyncDisposable> FailCommitsAsync(int times) => Task.FromResult(_firestore.Fail(times, "", isApplied: false));

    private ServiceProvider Build(string name)
    {
        var services = new ServiceCollection();
        foreach (var descriptor in _shipped.Value)
        {
            ((ICollection<ServiceDescriptor>)services).Add(descriptor);
        }

        services.AddSingleton(new WorkerIdentity(name));
        services.AddSingleton<IFirestore>(provider => _firestore.For(provider.GetRequiredService<ServerClock>()));
        services.AddSingleton(SimulatedRedis.Connect(new RedisMemory(TimeProvider.System.GetUtcNow), new DirectLine()));
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton(Options.Create(new SendingOptions { RetryBase = TimeSpan.FromMilliseconds(10), RetryCap = TimeSpan.FromMilliseconds(50) }));
        services.RemoveAll<IProvider>();
        var built = services.BuildServiceProvider();

        // The first answer of the store sets the clock, as adoption does in a worker that runs.
        built.GetRequiredService<ServerClock>().Observe(TimeProvider.System.GetUtcNow());
        return built;
    }

    /// <summary>The simulated store behind the interface; the faults are those that the suites ask for.</summary>
    private sealed class DirectFirestore(SimulatedStore store)
    {
        private readonly Lock _gate = new();
        private (int Times, string Contains, bool IsApplied) _fault;

        public IFirestore For(ServerClock clock) => new Client(this, clock);

        public IAsyncDisposable Fail(int times, string contains, bool isApplied)
        {
            _fault = (times, contains, isApplied);
            return new NoMore(() => _fault = default);
        }

        private CommitOutcome Commit(IReadOnlyList<DocumentWrite> writes)
        {
            lock (_gate)
            {
                var isHit = _fault.Times > 0 && writes.Any(write => write.Path.Contains(_fault.Contains, StringComparison.Ordinal));
                _fault.Times -= isHit ? 1 : 0;
                var outcome = isHit && !_fault.IsApplied ? null : store.Commit(writes);
                return isHit ? new CommitOutcome.Lost("simulated") : outcome!;
            }
        }

        private DocumentsRead Read(Func<DocumentsRead> read)
        {
            lock (_gate)
            {
                return read();
            }
        }

        private sealed class Client(DirectFirestore firestore, ServerClock clock) : IFirestore
        {
            public async Task<CommitOutcome> CommitAsync(IReadOnlyList<DocumentWrite> writes, string purpose, CancellationToken cancellationToken)
            {
                await Task.Yield();
                var outcome = firestore.Commit(writes);
                if (outcome is CommitOutcome.Committed committed)
                {
                    clock.Observe(committed.CommitTime);
                }

                return outcome;
            }

            public Task<DocumentsRead> GetAsync(IReadOnlyCollection<string> paths, string purpose, CancellationToken cancellationToken) =>
                ReadAsync(store => store.Get(paths));

            public Task<DocumentsRead> QueryAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken) =>
                ReadAsync(store => store.Query(query));

            public async Task<long> CountAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken) =>
                (await ReadAsync(store => store.Query(query))).Documents.Count;

            private async Task<DocumentsRead> ReadAsync(Func<SimulatedStore, DocumentsRead> read)
            {
                await Task.Yield();
                var found = firestore.Read(() => read(firestore.Store));
                clock.Observe(found.ReadTime);
                return found;
            }
        }

        private SimulatedStore Store => store;

        private sealed class NoMore(Action end) : IAsyncDisposable
        {
            public ValueTask DisposeAsync()
            {
                end();
                return ValueTask.CompletedTask;
            }
        }
    }
}

public sealed class SimulatedClaimTests(SimulatedWorld world) : ClaimContract(world), IClassFixture<SimulatedWorld>;

public sealed class SimulatedRecordTests(SimulatedWorld world) : RecordContract(world), IClassFixture<SimulatedWorld>;

public sealed class SimulatedDoubtTests(SimulatedWorld world) : DoubtContract(world), IClassFixture<SimulatedWorld>;

public sealed class SimulatedAssertionTests(SimulatedWorld world) : AssertionContract(world), IClassFixture<SimulatedWorld>;

public sealed class SimulatedInboundTests(SimulatedWorld world) : InboundContract(world), IClassFixture<SimulatedWorld>;

public sealed class SimulatedLetterTests(SimulatedWorld world) : LetterContract(world), IClassFixture<SimulatedWorld>;

public sealed class SimulatedStoreTests(SimulatedWorld world) : StoreContract(world), IClassFixture<SimulatedWorld>;
