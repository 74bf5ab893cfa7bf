using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Chaos.Linked;
using WaAspire.Tests.Gateway;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>
/// Three workers with a gateway each, two proxies, redis-server, Google's and Meta's stand-ins: each a process of its own, and
/// between any two of them a wire of its own that can be cut. Not by way of the AppHost, whose replicas share their wires.
/// </summary>
internal sealed class ChaosSystem(ChaosPlan plan) : ISystemDoors, IAsyncDisposable
{
    private const int Workers = 3;
    private const int Proxies = 2;
    private const string AccessToken = "chaos-access-token";
    private const string AppSecret = "chaos-app-secret";
    private const string VerifyToken = "chaos-verify-token";

    private readonly RedisServer _redis = new();
    private readonly List<ChaosProcess> _workers = [];
    private readonly List<ChaosProcess> _proxies = [];
    private readonly List<ChaosWire> _wires = [];
    private readonly List<HttpClient> _clients = [];
    private ChaosProcess _firebase = null!;
    private ChaosProcess _whatsApp = null!;
    private SocketServer? _sockets;
    private IHost _stores = null!;

    public IReadOnlyList<ChaosProcess> WorkerProcesses => _workers;

    public IReadOnlyList<ChaosProcess> ProxyProcesses => _proxies;

    /// <summary>What was done to workers and gateways that hold sessions.</summary>
    public ConcurrentQueue<SessionsEnd> Ends { get; } = new();

    /// <summary>WhatsApp's socket server, for accounts that are paired by QR code; null where there is no Node.</summary>
    public SocketStandIn? Sockets => _sockets?.Switches;

    public IReadOnlyList<ChaosWire> Wires => _wires;

    public RedisServer Redis => _redis;

    public ChaosSwitches Switches { get; private set; } = null!;

    public HttpClient Proxy { get; private set; } = null!;

    public HttpClient Worker { get; private set; } = null!;

    public HttpClient WhatsApp { get; private set; } = null!;

    public HttpClient Auth { get; private set; } = null!;

    public IFirestore Firestore => _stores.Services.GetRequiredService<IFirestore>();

    /// <summary>The stand-ins first: accounts are opened before anybody is there who would have to notice them.</summary>
    /// <param name="hasSockets">Whether there is Node, and the gateway's packages.</param>
    public async Task StartStandInsAsync(bool hasSockets)
    {
        await _redis.StartAsync();
        var firebasePort = FreePort.ToComeBackTo();
        _firebase = new ChaosProcess("firebase", ChaosProcess.Program("WaAspire.FirebaseEmulator", "--port", Text(firebasePort), "--tokens", "signed"), firebasePort, "/health", Environment(new()
        {
            ["Firestore__IndexesFile"] = Path.Combine(Artifacts.Root, "firestore.indexes.json"),
            ["Firestore__RulesFile"] = Path.Combine(Artifacts.Root, "firestore.rules"),
        }));
        await _firebase.StartAsync();
        _proxies.AddRange(Enumerable.Range(1, Proxies).Select(Proxied));
        _whatsApp = Simulator(FreePort.ToComeBackTo(), Wire("WhatsApp – proxies", [.. _proxies.Select(proxy => proxy.Port)]));
        await _whatsApp.StartAsync();
        _sockets = hasSockets ? await SocketServer.StartAsync() : null;
        _workers.AddRange(Enumerable.Range(1, Workers).Select(Working));
        await Task.WhenAll(_firebase.UntilHealthyAsync(), _whatsApp.UntilHealthyAsync());
        (Proxy, Worker, WhatsApp, Auth) = (Client(_proxies[0]), Client(_workers[0]), Client(_whatsApp), Client(_firebase));
        Switches = new ChaosSwitches(Auth, WhatsApp);
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["FIREBASE_PROJECT_ID"] = RunningSystem.ProjectId;
        builder.Configuration["FIRESTORE_EMULATOR_HOST"] = _firebase.Address.Authority;
        builder.AddFirestore();
        _stores = builder.Build();
    }

    public async Task StartProductAsync()
    {
        await Task.WhenAll(_workers.Concat(_proxies).Select(process => process.StartAsync()));
        await Task.WhenAll(_workers.Concat(_proxies).Select(process => process.UntilHealthyAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        // Gateways end with their workers, but for one that stands still.
        var gateways = _workers.Select(GatewayOf.Find).OfType<int>().ToList();
        await Task.WhenAll(_workers.Concat(_proxies).Append(_whatsApp).Append(_firebase).OfType<ChaosProcess>().Select(process => process.KillAsync()));
        await Task.WhenAll(gateways.Select(GatewayOf.KillAsync));
        await (_sockets?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _redis.StopAsync();
        foreach (var wire in _wires)
        {
            await wire.Link.DisposeAsync();
        }

        foreach (var client in _clients)
        {
            client.Dispose();
        }

        _stores?.Dispose();
    }

    private ChaosProcess Working(int number)
    {
        var settings = Common($"worker {number}");
        foreach (var (name, value) in Durations.AsEnvironment())
        {
            settings[name] = value;
        }

        settings["Sending__QuietPeriod"] = plan.QuietPeriod.ToString("c", CultureInfo.InvariantCulture);
        // A doubt is looked at again while the run is still there to see it.
        settings["Sending__DoubtRecheck"] = (plan.QuietPeriod / 4).ToString("c", CultureInfo.InvariantCulture);
        settings["HOSTNAME"] = $"chaos-{number}";
        settings["WHATSAPP_GRAPH_BASE_URL"] = $"http://127.0.0.1:{Wire($"worker {number} – WhatsApp", _whatsApp.Port)}/v25.0";
        settings["WHATSAPP_ACCESS_TOKEN"] = AccessToken;
        if (_sockets is not null)
        {
            SessionSettings.Add(settings, plan, $"ws://127.0.0.1:{Wire($"worker {number} – sockets", _sockets.Port)}/ws/chat", _sockets.Spool);
        }

        return Listening($"worker-{number}", "WaAspire.Worker", settings);
    }

    private ChaosProcess Proxied(int number)
    {
        var settings = Common($"proxy {number}");
        settings["FIREBASE_AUTH_EMULATOR_HOST"] = _firebase.Address.Authority;
        settings["WHATSAPP_APP_SECRET"] = AppSecret;
        settings["WHATSAPP_VERIFY_TOKEN"] = VerifyToken;
        settings["Intake__WriteEvery"] = plan.Scaled(TimeSpan.FromSeconds(5)).ToString("c", CultureInfo.InvariantCulture);
        return Listening($"proxy-{number}", "WaAspire.Proxy", settings);
    }

    private ChaosProcess Simulator(int port, int webhooks) => new("whatsapp", ChaosProcess.Program("WaAspire.WhatsAppSimulator", "--port", Text(port)), port, "/health", Environment(new()
    {
        ["WHATSAPP_ACCESS_TOKEN"] = AccessToken,
        ["WHATSAPP_APP_SECRET"] = AppSecret,
        ["WHATSAPP_VERIFY_TOKEN"] = VerifyToken,
        ["Webhooks__Url"] = $"http://127.0.0.1:{webhooks}/webhooks/whatsapp",
        ["Webhooks__Timeout"] = (TimeSpan.FromSeconds(10) * Math.Max(plan.Scale, 0.4)).ToString("c", CultureInfo.InvariantCulture),
        // What is late because of one fault comes soon after it: faults of the chaos are shorter than the quiet period.
        ["Webhooks__RetryMax"] = plan.Scaled(TimeSpan.FromSeconds(10)).ToString("c", CultureInfo.InvariantCulture),
        // Nothing may be forgotten: its log is what we compare with.
        ["Simulator__AcceptedMax"] = "1000000",
        ["Simulator__RequestsMax"] = "1000000",
        ["Simulator__ChatsMax"] = "100000",
    }));

    private Dictionary<string, string> Common(string name) => Environment(new()
    {
        ["FIRESTORE_EMULATOR_HOST"] = $"127.0.0.1:{Wire($"{name} – Firestore", _firebase.Port)}",
        ["ConnectionStrings__redis"] = $"127.0.0.1:{Wire($"{name} – Redis", _redis.Port)},abortConnect=false,connectRetry=1,connectTimeout=2000",
    });

    private int Wire(string name, params int[] targets)
    {
        var link = new FaultLink(targets);
        _wires.Add(new ChaosWire(name, link));
        return link.Port;
    }

    private HttpClient Client(ChaosProcess process)
    {
        var client = new HttpClient { BaseAddress = process.Address };
        _clients.Add(client);
        return client;
    }

    private static ChaosProcess Listening(string name, string program, Dictionary<string, string> settings)
    {
        var port = FreePort.ToComeBackTo();
        return new ChaosProcess(name, ChaosProcess.Program(program, "--urls", $"http://127.0.0.1:{port}"), port, "/healthz", settings);
    }

    private static Dictionary<string, string> Environment(Dictionary<string, string> settings)
    {
        settings["PORT"] = "";
        settings["FIREBASE_PROJECT_ID"] = RunningSystem.ProjectId;
        settings["INTERNAL_TOKEN"] = RunningSystem.InternalToken;
        settings["Logging__LogLevel__Default"] = "Warning";
        return settings;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A wire with its name for people: who is on its two ends.</summary>
internal sealed record ChaosWire(string Name, FaultLink Link);
