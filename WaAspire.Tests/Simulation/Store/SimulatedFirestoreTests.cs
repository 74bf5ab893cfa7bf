using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Sending;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Store;

/// <summary>A process's way to the simulated store keeps the contract of the shipped client, call by call, as long as nothing goes wrong on it.</summary>
public sealed class SimulatedFirestoreTests() : StoreContract(new SteppedWorld())
{
    /// <summary>And when things do go wrong, its words are true: only a lost answer leaves open what became of a commit.</summary>
    [Fact]
    public async Task what_was_committed_is_there_and_what_was_refused_is_not()
    {
        var store = new SteppedFirestore(FaultClass.LostReplies | FaultClass.LateCommits | FaultClass.Contention | FaultClass.SlowStore);
        var (committed, refused, lost) = (0, 0, 0);
        for (var i = 0; i < 400; i++)
        {
            var outcome = await store.CommitAsync([DocumentWrite.Create($"outbox/{i}", [])], "test", CancellationToken.None);
            var isThere = store.Store.Find($"outbox/{i}") is not null;
            Assert.Equal((outcome is CommitOutcome.Committed, outcome is CommitOutcome.Refused), (isThere && outcome is not CommitOutcome.Lost, !isThere && outcome is not CommitOutcome.Lost));
            (committed, refused, lost) = outcome switch
            {
                CommitOutcome.Committed => (committed + 1, refused, lost),
                CommitOutcome.Refused => (committed, refused + 1, lost),
                _ => (committed, refused, lost + 1),
            };
        }

        Assert.True(committed > 0 && refused > 0 && lost > 0);
    }

    private sealed class SteppedWorld : OutboxWorld
    {
        // Built on the test's own thread, which then owns its time.
        public override IServiceProvider Worker { get; } = new ServiceCollection().AddSingleton<IFirestore>(_ => new SteppedFirestore(FaultClass.None)).BuildServiceProvider();

        public override IServiceProvider OtherWorker => Worker;

        public override Task<IAsyncDisposable> LoseReplyAsync(string requestId) => throw new NotSupportedException();

        public override Task<IAsyncDisposable> FailCommitsAsync(int times) => throw new NotSupportedException();
    }

    /// <summary>Lets time pass until a call is answered, so that whoever asks need not know of any.</summary>
    private sealed class SteppedFirestore : IFirestore
    {
        private static readonly TimeSpan _aWhile = TimeSpan.FromMilliseconds(10);
        private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
        private readonly World _world = new(seed: 1);
        private readonly SimulatedProcess _process;
        private readonly SimulatedFirestore _client;

        public SteppedFirestore(FaultClass enabled)
        {
            var faults = new FaultPlan(1, enabled);
            _process = new SimulatedProcess(_world, "proxy", seed: 1);
            Store = new SimulatedStore(() => _world.Time);
            _client = new SimulatedFirestore(
                Store, new ServerClock(_process.Clock), faults, new Ambush(_world, faults, _ => { }), new Line(_world, _process, TimeSpan.FromMilliseconds(12)));
        }

        public SimulatedStore Store { get; }

        public Task<CommitOutcome> CommitAsync(IReadOnlyList<DocumentWrite> writes, string purpose, CancellationToken cancellationToken) =>
            Pass(() => _client.CommitAsync(writes, purpose, cancellationToken));

        public Task<DocumentsRead> GetAsync(IReadOnlyCollection<string> paths, string purpose, CancellationToken cancellationToken) =>
            Pass(() => _client.GetAsync(paths, purpose, cancellationToken));

        public Task<DocumentsRead> QueryAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken) =>
            Pass(() => _client.QueryAsync(query, purpose, cancellationToken));

        public Task<long> CountAsync(DocumentQuery query, string purpose, CancellationToken cancellationToken) =>
            Pass(() => _client.CountAsync(query, purpose, cancellationToken));

        private Task<T> Pass<T>(Func<Task<T>> call)
        {
            Task<T>? asked = null;
            _process.Begin(() => asked = call());
            var last = _world.Now + _patience;
            for (var until = _world.Now; asked is not { IsCompleted: true }; until += _aWhile)
            {
                Assert.True(until < last, "it is never answered");
                _world.Run(until);
            }

            return asked;
        }
    }
}
