using System.Diagnostics;
using System.Globalization;
using System.Net;
using WaAspire.FirebaseEmulator;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.FirebaseEmulator;

/// <summary>The emulator as a program of its own, which can be killed as the machine would kill it.</summary>
public sealed class EmulatorProcess : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private EmulatorProcess(int port, IEnumerable<string> arguments)
    {
        Port = port;
        var start = new ProcessStartInfo("dotnet", [typeof(EmulatorHost).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("PORT");
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _errors = _process.StandardError.ReadToEndAsync();
        Http.BaseAddress = new($"http://127.0.0.1:{port}");
    }

    public int Port { get; }

    public HttpClient Http { get; } = new();

    public static async Task<EmulatorProcess> StartAsync(params string[] arguments)
    {
        var port = FreePort.Next();
        var emulator = new EmulatorProcess(port, ["--port", port.ToString(CultureInfo.InvariantCulture), .. arguments]);
        await Eventually.IsTrueAsync(emulator.IsUpAsync, "the emulator answers");
        return emulator;
    }

    /// <summary>Runs it to its own end, which comes at once when it does not start.</summary>
    public static async Task<(int ExitCode, string Errors)> RunAsync(params string[] arguments)
    {
        await using var emulator = new EmulatorProcess(FreePort.Next(), arguments);
        await emulator._process.WaitForExitAsync().WaitAsync(_patience);
        return (emulator._process.ExitCode, await emulator._errors);
    }

    /// <summary>SIGKILL: no handler runs, no buffer is flushed.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(_patience);
    }

    public async Task<(int ExitCode, string Log)> StopAsync()
    {
        using var stop = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync().WaitAsync(_patience);
        return (_process.ExitCode, await _output + await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
        Http.Dispose();
    }

    private async Task<bool> IsUpAsync()
    {
        Assert.False(_process.HasExited, "The emulator ended.");
        try
        {
            using var response = await Http.GetAsync("/health");
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
