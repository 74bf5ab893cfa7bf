using System.Diagnostics;
using System.Text.Json;

namespace WaAspire.Worker.Gateway;

/// <summary>
/// One run of the gateway. It holds our pipe on its stdin: if we die here, however hard, the pipe closes and it ends its
/// sockets. What it writes is JSON without anything personal; its port is in the line <c>listening</c>.
/// </summary>
internal sealed class GatewayProcess : IDisposable
{
    // What a program needs to run, and what is the gateway's own. Nothing else of ours, secrets least of all.
    private static readonly string[] _inherited =
        ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "TZ", "SystemRoot", "NODE_EXTRA_CA_CERTS", "WA_VERSION"];

    private readonly Process _process;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GatewayProcess(Process process, ILogger logger)
    {
        _process = process;
        _logger = logger;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Complain(line.Data);
    }

    public int Id => _process.Id;

    /// <summary>Where it takes commands. Faults when it ends before it listens.</summary>
    public Task<int> Port => _port.Task;

    public Task Exited => _process.WaitForExitAsync(CancellationToken.None);

    public static GatewayProcess Start(GatewayProgram program, IReadOnlyDictionary<string, string?> settings, ILogger logger)
    {
        var start = new ProcessStartInfo(program.Node, [program.Main])
        {
            WorkingDirectory = Path.GetDirectoryName(program.Main)!,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Except(_inherited, StringComparer.Ordinal).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in settings)
        {
            if (value is not null)
            {
                start.Environment[name] = value;
            }
        }

        var gateway = new GatewayProcess(Process.Start(start)!, logger);
        gateway._process.BeginOutputReadLine();
        gateway._process.BeginErrorReadLine();
        return gateway;
    }

    /// <summary>Closes the pipe, waits, and kills what has not ended by then.</summary>
    public async Task EndAsync(TimeSpan timeout, TimeProvider time)
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already, and its pipe with it.
        }

        if (await Task.WhenAny(Exited, Task.Delay(timeout, time)) != Exited && !_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await Exited;
    }

    public void Dispose() => _process.Dispose();

    private void Hear(string? line)
    {
        if (line is null)
        {
            _port.TrySetException(new IOException("The gateway ended before it listened."));
            return;
        }

        try
        {
            using var json = JsonDocument.Parse(line);
            var (what, level) = (json.RootElement.GetProperty("what").GetString() ?? "", json.RootElement.GetProperty("level").GetString());
            if (what == "listening")
            {
                _port.TrySetResult(json.RootElement.GetProperty("port").GetInt32());
            }

            _logger.GatewaySaid(level == "info" ? LogLevel.Debug : LogLevel.Warning, what, line);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Not a line of its log: somebody else's words, which may hold anything.
            _logger.GatewaySaid(LogLevel.Debug, "unreadable", "");
        }
    }

    private void Complain(string? line)
    {
        if (line is { Length: > 0 })
        {
            _logger.GatewaySaid(LogLevel.Warning, "stderr", line.Length > 300 ? line[..300] : line);
        }
    }
}
