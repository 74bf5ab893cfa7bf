using System.Diagnostics;
using System.Globalization;
using System.Net;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>
/// One of the product's programs as a process that is killed, frozen and started again on the same port. It dies with us,
/// however we die: its guard holds the other end of our pipe. What it says lies in <c>artifacts/chaos</c>.
/// </summary>
internal sealed class ChaosProcess(string name, IReadOnlyList<string> command, int port, string health, IReadOnlyDictionary<string, string> environment)
{
    // Prints the program's process id, and ends it with -9 when the pipe on stdin closes; but not when it has ended before,
    // because its id may be somebody else's by then. Away from our process group, so that Ctrl-C reaches us and not it.
    private const string Guard =
        """log=$1; shift; exec 3<&0; "$@" >>"$log" 2>&1 3<&- </dev/null & child=$!; echo $child; (cat <&3 >/dev/null; kill -9 $child 2>/dev/null) >/dev/null 2>&1 & watcher=$!; exec 3<&-; wait $child; kill $watcher 2>/dev/null""";

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);
    private static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private Process? _guard;

    public string Name => name;

    public int Port => port;

    public Uri Address { get; } = new($"http://127.0.0.1:{port}");

    public int ProcessId { get; private set; }

    public bool IsRunning => _guard is { HasExited: false };

    /// <summary>The command line of one of the solution's programs, which lie beside us.</summary>
    public static IReadOnlyList<string> Program(string name, params string[] arguments) => ["dotnet", Path.Combine(AppContext.BaseDirectory, name + ".dll"), .. arguments];

    public async Task StartAsync()
    {
        var log = Path.Combine(Directory.CreateDirectory(Path.Combine(Artifacts.Folder, "chaos")).FullName, $"{name}.log");
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Guard, "guard", log, .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        _guard?.Dispose();
        _guard = Process.Start(start)!;
        ProcessId = int.Parse((await _guard.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
    }

    public Task UntilHealthyAsync() => Eventually.IsTrueAsync(
        async () =>
        {
            Assert.True(IsRunning, $"{name} ended before it answered: see artifacts/chaos/{name}.log");
            try
            {
                using var response = await _http.GetAsync(new Uri(Address, health));
                return response.StatusCode == HttpStatusCode.OK;
            }
            catch (Exception absent) when (absent is HttpRequestException or TaskCanceledException)
            {
                return false;
            }
        },
        $"{name} answers",
        _patience);

    /// <summary>kill -9: no farewell, no flush.</summary>
    public async Task KillAsync()
    {
        if (IsRunning)
        {
            Signal("KILL");
            await _guard!.WaitForExitAsync();
        }
    }

    /// <summary>Asks it to end, and waits until it has.</summary>
    public async Task TerminateAsync()
    {
        if (IsRunning)
        {
            Signal("TERM");
            using var limit = new CancellationTokenSource(_patience, TimeProvider.System);
            await _guard!.WaitForExitAsync(limit.Token);
        }
    }

    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    private void Signal(string signal)
    {
        if (IsRunning)
        {
            // Refused when it ended meanwhile, which is no matter.
            using var kill = Process.Start(new ProcessStartInfo("kill", [$"-{signal}", ProcessId.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true })!;
            kill.WaitForExit();
        }
    }
}
