using WaAspire.LocalHosting.Running;
using WaAspire.LocalHosting.Watching;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>What looking for the dashboard found: its program, or that it can be fetched, or why there is none.</summary>
internal sealed record DashboardSearch(string? Program, bool CanBeFetched, string Reason);

/// <summary>Runs the script that knows where a dashboard is and how one is fetched. It ends with us, and it bounds its own time.</summary>
internal sealed class DashboardScript(string path, LocalHostingOptions options, TimeProvider time)
{
    private const int CanBeFetched = 3;
    private const int LinesKept = 20;
    private static readonly TimeSpan s_stop = TimeSpan.FromSeconds(2);

    public Task<DashboardSearch> LookAsync(CancellationToken cancellationToken) => RunAsync(["--look"], cancellationToken);

    public Task<DashboardSearch> FetchAsync(CancellationToken cancellationToken) => RunAsync([], cancellationToken);

    private async Task<DashboardSearch> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (!File.Exists(path) || Executables.Find("bash") is not { } bash)
            return new(null, false, "there is no script that could find one");
        var output = new LogBacklog(LinesKept);
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");
        var script = GuardedProcess.Start(new LaunchSpec(bash, [path, .. arguments], Path.GetDirectoryName(path)!, environment), options, output.Append, time);
        try
        {
            var code = await script.Exited.WaitAsync(cancellationToken);
            var said = output.Lines().LastOrDefault(line => line.IsErrorMessage == (code != 0)).Content ?? "";
            return code == 0 && File.Exists(said) ? new(said, false, "") : new(null, code == CanBeFetched, said);
        }
        catch (OperationCanceledException)
        {
            await script.StopAsync(s_stop, CancellationToken.None);
            throw;
        }
    }
}
