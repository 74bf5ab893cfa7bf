using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Scripts;

/// <summary>What a newcomer types: <c>./run.sh</c>, the curl that it prints, <c>./run.sh</c> once more by mistake, Ctrl-C.</summary>
public sealed partial class RunScriptTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task it_prints_a_curl_that_works_refuses_to_run_twice_and_leaves_nothing_behind()
    {
        var marker = $"WAASPIRE_TEST_MARKER={Guid.NewGuid():N}";
        using var first = Start(marker);
        try
        {
            var curl = await Eventually.GetAsync(() => Task.FromResult(PastedCurl().Match(first.Output) is { Success: true } found ? found.Value : null), "run.sh prints its curl", _patience);
            Assert.Contains("\"success\":true", await BashAsync(curl + " 2>/dev/null"), StringComparison.Ordinal);
            var phone = PhoneUrl().Match(first.Output).Value;
            using var http = new HttpClient();
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(phone)).StatusCode);
            await Eventually.IsTrueAsync(
                async () => (await http.GetStringAsync(phone + "simulator/accepted")).Contains("Hello from WaAspire", StringComparison.Ordinal), "WhatsApp accepted it");

            using var second = Start(marker);
            await second.Process.WaitForExitAsync();
            Assert.Equal(1, second.Process.ExitCode);
            Assert.Contains($"already runs from this folder (process {first.Process.Id})", second.Output, StringComparison.Ordinal);
        }
        finally
        {
            // What Ctrl-C sends.
            using var interrupt = Process.Start("kill", ["-INT", first.Process.Id.ToString(CultureInfo.InvariantCulture)]);
            await interrupt.WaitForExitAsync();
        }

        await first.Process.WaitForExitAsync();
        await Eventually.IsTrueAsync(() => Task.FromResult(ProcessesWith(marker).Count == 0), "no process is left behind");
    }

    private static Running Start(string marker)
    {
        var parts = marker.Split('=');

        // A shell starts its background jobs deaf to Ctrl-C, and they hand that on: whoever runs these tests, the script hears it.
        var start = new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT", Path.Combine(Artifacts.Root, "run.sh")]) { WorkingDirectory = Artifacts.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[parts[0]] = parts[1];
        return new Running(Process.Start(start)!);
    }

    private static async Task<string> BashAsync(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true })!;
        return await bash.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Every living process that inherited the marker, whoever its parent is now.</summary>
    private static List<int> ProcessesWith(string marker) =>
        [.. Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), out _) && Environment(folder).Contains(marker, StringComparison.Ordinal))
            .Select(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))];

    private static string Environment(string processFolder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(processFolder, "environ"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [GeneratedRegex(@"curl -X POST [^\n]*whatsappProxySend \\\n.*\n.*\n.*'\n")]
    private static partial Regex PastedCurl();

    [GeneratedRegex(@"(?<=The phone\s+)http\S+")]
    private static partial Regex PhoneUrl();

    private sealed class Running : IDisposable
    {
        private readonly System.Text.StringBuilder _output = new();

        public Running(Process process)
        {
            Process = process;
            process.OutputDataReceived += (_, line) => Add(line.Data);
            process.ErrorDataReceived += (_, line) => Add(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public Process Process { get; }

        public string Output
        {
            get
            {
                lock (_output)
                {
                    return _output.ToString();
                }
            }
        }

        public void Dispose() => Process.Dispose();

        private void Add(string? line)
        {
            lock (_output)
            {
                _output.Append(line).Append('\n');
            }
        }
    }
}
