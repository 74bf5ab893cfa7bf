using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
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
        // What run.sh would install, in turn with the tests that use the same folder.
        await new NpmFolder(Path.Combine(Artifacts.Root, "baileys-gateway"), TimeSpan.FromMinutes(8)).InstallAsync();
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
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(OperatorsPageUrl().Match(first.Output).Value)).StatusCode);
            await PairAndChatAsync(http, phone, first);

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

    /// <summary>The account is added as printed, scanned with a click, written to, and answers as printed.</summary>
    private static async Task PairAndChatAsync(HttpClient http, string phone, Running running)
    {
        await Eventually.IsTrueAsync(() => Task.FromResult(running.Output.Contains("Ctrl-C ends everything", StringComparison.Ordinal)), "all of it is printed", _patience);
        var account = await BashAsync(PastedAccount().Match(running.Output).Value + " >/dev/null 2>&1\nprintf %s $account");
        var scan = await Eventually.GetAsync(
            async () => (await http.GetFromJsonAsync<JsonElement>(phone + "simulator/scans")).EnumerateArray().Select(waiting => waiting.GetProperty("code").GetString()).FirstOrDefault(),
            "the phone page shows the code",
            _patience);
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync($"{phone}simulator/scans/{scan}", null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsJsonAsync(phone + "simulator/inbound", new { phoneNumberId = "40722000111", from = "40700000021", text = "Hello, shop" })).StatusCode);

        // Her letter makes the thread; until it is stored there is nothing to answer.
        await Eventually.IsTrueAsync(
            async () => (await BashAsync($"account={account}\n{PastedAnswer().Match(running.Output).Value} 2>/dev/null")).Contains("\"success\":true", StringComparison.Ordinal), "the answer is accepted", _patience);
        await Eventually.IsTrueAsync(async () => (await EventsAsync(http, phone)).Contains("Hello, Elena", StringComparison.Ordinal), "Elena reads the answer on her phone", _patience);
    }

    /// <summary>What a page is told when it opens.</summary>
    private static async Task<string> EventsAsync(HttpClient http, string phone)
    {
        using var stream = new StreamReader(await http.GetStreamAsync(phone + "simulator/events"));
        await stream.ReadLineAsync();
        return await stream.ReadLineAsync() ?? "";
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

    [GeneratedRegex(@"account=\$\(curl[^\n]*\n.*")]
    private static partial Regex PastedAccount();

    [GeneratedRegex(@"(?<=Answer her[^\n]*\n\n)curl -X POST [^\n]*\n.*\n.*\n.*}'")]
    private static partial Regex PastedAnswer();

    [GeneratedRegex(@"(?<=Operator's page\s+)http\S+")]
    private static partial Regex OperatorsPageUrl();

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
