using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Simulation.Faults;
using WaAspire.Tests.Simulation.People;
using WaAspire.Tests.Simulation.Provider;
using WaAspire.Tests.Simulation.Redis;
using WaAspire.Tests.Simulation.Store;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Fleet;

/// <summary>Everything that is there in one run: one store, one Redis, one WhatsApp, and the processes of the product.</summary>
internal sealed class Scene : IDisposable
{
    private static readonly TimeSpan _storeLatency = TimeSpan.FromMilliseconds(12);
    private static readonly TimeSpan _redisLatency = TimeSpan.FromMilliseconds(0.4);
    private static readonly TimeSpan _whatsAppLatency = TimeSpan.FromMilliseconds(40);

    private readonly int _seed;
    private readonly Random _chance;
    private readonly Dictionary<SimulatedProcess, (Line Store, Line Redis, Line WhatsApp)> _lines = [];
    private readonly RedisChannels _channels = new();

    public Scene(int seed, FaultClass faults, bool keepsAllNotes, IProviderFaults? providerFaults = null)
    {
        (_seed, _chance) = (seed, new Random(unchecked(seed * 31337)));
        World = new World(seed) { KeepsAllNotes = keepsAllNotes };
        Faults = new FaultPlan(seed, faults);
        ProviderFaults = providerFaults ?? new DrawnProviderFaults(Faults);
        Policy = _chance.Next(10) switch { 0 => UnknownOutcomePolicy.Fail, 1 => UnknownOutcomePolicy.Resend, 2 or 3 => UnknownOutcomePolicy.ResendAfterSilence, _ => UnknownOutcomePolicy.Hold };
        Store = new SimulatedStore(() => World.Time);
        Ambush = new Ambush(World, Faults, Crash);
        Store.Stored += Ambush.Watch;
        Redis = new RedisMemory(() => World.Time);

        // Silence is taken for an answer after two minutes: what takes longer is lawfully a duplicate, and not what is looked for.
        Webhooks = new Webhooks(World, Faults, AnyProxy, Policy == UnknownOutcomePolicy.ResendAfterSilence ? TimeSpan.FromSeconds(40) : TimeSpan.FromMinutes(4));
        Sockets = new Sockets(World, Bugs.Add);
        Store.Stored += Sockets.Watch;
        WhatsApp = new SimulatedWhatsApp(World, ProviderFaults, Sockets, Webhooks.Tell);
    }

    public World World { get; }

    public FaultPlan Faults { get; }

    public IProviderFaults ProviderFaults { get; }

    public Ambush Ambush { get; }

    public SimulatedStore Store { get; }

    public RedisMemory Redis { get; }

    public SimulatedWhatsApp WhatsApp { get; }

    public Webhooks Webhooks { get; }

    public Sockets Sockets { get; }

    public SimulatedMeters Meters { get; } = new();

    public UnknownOutcomePolicy Policy { get; }

    /// <summary>When the last fault ended; null while any may strike.</summary>
    public TimeSpan? HealedAt { get; set; }

    public List<string> Bugs { get; } = [];

    /// <summary>What people write to us.</summary>
    public List<Letter> Letters { get; } = [];

    public List<SimulatedWorker> Workers { get; } = [];

    public List<SimulatedProxy> Proxies { get; } = [];

    public IEnumerable<SimulatedProcess> Processes => _lines.Keys;

    public Line StoreLine(SimulatedProcess process) => LinesOf(process).Store;

    public IRedisLine RedisLine(SimulatedProcess process) => new RedisLine(_channels, Faults, LinesOf(process).Redis);

    public Line RedisWire(SimulatedProcess process) => LinesOf(process).Redis;

    public Line WhatsAppLine(SimulatedProcess process) => LinesOf(process).WhatsApp;

    /// <summary>Loopback: nothing goes wrong on it but what its ends do.</summary>
    public Line GatewayLine(SimulatedProcess process) => new(World, process, _redisLatency);

    public SimulatedProxy? AnyProxy() => Any(Proxies.FindAll(proxy => proxy.Process.IsAlive), _chance);

    public void StartWorker()
    {
        var process = NewProcess("worker");
        World.Note($"{process.Name} starts");
        Workers.Add(new SimulatedWorker(this, process));
    }

    public void StartProxy()
    {
        var process = NewProcess("proxy");
        Proxies.Add(new SimulatedProxy(this, process));
    }

    public void Kill(SimulatedProcess process)
    {
        World.Note($"{process.Name} is killed");
        process.Kill();
    }

    /// <summary>It dies, and another one starts after a while.</summary>
    public void Crash(SimulatedProcess worker)
    {
        Kill(worker);
        World.After(Faults.Span(FaultClass.Crash, 0.5, 30), null, StartWorker);
    }

    public void Write(IReadOnlyList<DocumentWrite> writes) => Assert.IsType<CommitOutcome.Committed>(Store.Commit(writes));

    public DocumentWrite Account(string id) => DocumentWrite.Set(FirestorePaths.Account(id), new DocumentFields
    {
        [AccountFields.Provider] = AccountFields.CloudApi,
        [AccountFields.Status] = "connected",
        [AccountFields.PhoneNumberId] = $"number-{id}",
        ["onUnknownOutcome"] = Policy.ToString(),
    });

    /// <summary>An account that is paired by a code: one worker holds its session.</summary>
    public static DocumentWrite LinkedAccount(string id) => DocumentWrite.Set(FirestorePaths.Account(id), new DocumentFields
    {
        [AccountFields.Provider] = "baileys",
        [AccountFields.Status] = "connected",
        [AccountFields.SendGapMs] = 400L,
        [AccountFields.SendGapJitterMs] = 400L,
    });

    public static DocumentWrite Thread(string accountId, string jid) => DocumentWrite.Set(FirestorePaths.Thread($"{accountId}__{jid}"), new DocumentFields
    {
        [ThreadFields.AccountId] = accountId,
        [ThreadFields.ClientJid] = jid,
    });

    public void Dispose() => Meters.Dispose();

    private SimulatedProcess NewProcess(string kind)
    {
        // Drawn always, so that a run without wrong clocks is the same run otherwise.
        var (skew, drift) = (TimeSpan.FromMinutes((_chance.NextDouble() * 360) - 180), (_chance.NextDouble() * 0.02) - 0.01);
        var areWrong = Faults.Has(FaultClass.Clocks);
        return new SimulatedProcess(World, $"{kind}-{World.Processes + 1}", _seed, areWrong ? skew : TimeSpan.Zero, areWrong ? drift : 0);
    }

    private (Line Store, Line Redis, Line WhatsApp) LinesOf(SimulatedProcess process)
    {
        if (!_lines.TryGetValue(process, out var lines))
        {
            _lines[process] = lines = (new Line(World, process, _storeLatency), new Line(World, process, _redisLatency), new Line(World, process, _whatsAppLatency));
        }

        return lines;
    }

    private static T? Any<T>(List<T> among, Random chance)
        where T : class => among.Count == 0 ? null : among[chance.Next(among.Count)];
}
