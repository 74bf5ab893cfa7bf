using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Bench.Inbound;

/// <summary>Firestore's stand-in and two proxies, each a process of its own that can be killed. Redis is away: it only saves work.</summary>
internal sealed class StormSystem : IAsyncDisposable
{
    private const string Project = "demo-storm";
    private const string AppSecret = "storm-app-secret";
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _startLimit = TimeSpan.FromMinutes(3);

    private readonly int[] _ports = [.. Enumerable.Range(0, 3).Select(_ => FreePort())];
    private readonly Process?[] _processes = new Process?[3];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };
    private readonly StormPlan _plan;
    private IHost? _stores;

    private StormSystem(StormPlan plan) => _plan = plan;

    public IFirestore Firestore => _stores!.Services.GetRequiredService<IFirestore>();

    public static async Task<StormSystem> StartAsync(StormPlan plan)
    {
        var system = new StormSystem(plan);
        system._processes[0] = Launch("WaAspire.FirebaseEmulator", new()
        {
            ["PORT"] = system._ports[0].ToString(CultureInfo.InvariantCulture),
            ["FIREBASE_PROJECT_ID"] = Project,
            ["Firestore__IndexesFile"] = Path.Combine(Root(), "firestore.indexes.json"),
        }, "--port", system._ports[0].ToString(CultureInfo.InvariantCulture));
        await system.UntilAsync(0, "/health");
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["FIREBASE_PROJECT_ID"] = Project;
        builder.Configuration["FIRESTORE_EMULATOR_HOST"] = $"127.0.0.1:{system._ports[0]}";
        builder.AddFirestore();
        system._stores = builder.Build();
        await Task.WhenAll(system.StartProxyAsync(1), system.StartProxyAsync(2));
        return system;
    }

    /// <summary>The HTTP status; 0 when there was no answer.</summary>
    /// <param name="proxy">1 or 2.</param>
    public async Task<int> DeliverAsync(int proxy, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{_ports[proxy]}/webhooks/whatsapp") { Content = new ByteArrayContent(body) };
        request.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(AppSecret), body)));
        try
        {
            using var response = await _http.SendAsync(request);
            return (int)response.StatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException)
        {
            return 0;
        }
    }

    /// <summary>kill -9: no farewell, no flush.</summary>
    public async Task KillProxyAsync(int proxy)
    {
        _processes[proxy]!.Kill();
        await _processes[proxy]!.WaitForExitAsync();
    }

    public async Task StartProxyAsync(int proxy)
    {
        _processes[proxy]?.Dispose();
        _processes[proxy] = Launch("WaAspire.Proxy", new()
        {
            ["PORT"] = "",
            ["FIREBASE_PROJECT_ID"] = Project,
            ["FIRESTORE_EMULATOR_HOST"] = $"127.0.0.1:{_ports[0]}",
            ["FIREBASE_AUTH_EMULATOR_HOST"] = $"127.0.0.1:{_ports[0]}",
            ["ConnectionStrings__redis"] = "127.0.0.1:1,abortConnect=false,connectRetry=0,connectTimeout=500",
            ["WHATSAPP_APP_SECRET"] = AppSecret,
            ["WHATSAPP_VERIFY_TOKEN"] = "storm",
            ["Firestore__CommitTimeout"] = _plan.Patience.ToString("c", CultureInfo.InvariantCulture),
            ["Firestore__ConnectTimeout"] = "00:00:02",
            ["Firestore__ReadTimeout"] = _plan.Patience.ToString("c", CultureInfo.InvariantCulture),
        }, "--urls", $"http://127.0.0.1:{_ports[proxy]}");
        await UntilAsync(proxy, "/healthz");
    }

    public async Task WithFaultsAsync(object faults) =>
        (await _http.PutAsJsonAsync($"http://127.0.0.1:{_ports[0]}/emulator/v1/faults", faults)).EnsureSuccessStatusCode();

    public async Task WithoutFaultsAsync() => (await _http.DeleteAsync($"http://127.0.0.1:{_ports[0]}/emulator/v1/faults")).EnsureSuccessStatusCode();

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.OfType<Process>())
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _stores?.Dispose();
        _http.Dispose();
    }

    private static Process Launch(string program, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program + ".dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["Logging__LogLevel__Default"] = "None";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task UntilAsync(int process, string path)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (_processes[process]!.HasExited)
            {
                throw new InvalidOperationException($"Process {process} of the storm ended before it answered.");
            }

            try
            {
                using var response = await _http.GetAsync($"http://127.0.0.1:{_ports[process]}{path}");
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (watch.Elapsed < _startLimit)
            {
                // Not up yet.
            }

            await Task.Delay(_pause, TimeProvider.System);
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "WaAspire.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? Directory.GetCurrentDirectory();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
