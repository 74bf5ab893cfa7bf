using System.Diagnostics;
using System.Runtime.InteropServices;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace WaAspire.Tests.LocalHosting;

/// <summary>This assembly as a project of an AppHost.</summary>
internal sealed class ChildProject : IProjectMetadata
{
    // bin/<configuration>/<framework>/ lies three levels below the project.
    public string ProjectPath => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "WaAspire.Tests.csproj"));
}

internal static class TestApps
{
    /// <summary>Nothing here takes longer unless it hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static IDistributedApplicationTestingBuilder Create(params string[] args) => DistributedApplicationTestingBuilder.Create(
        ["--LocalHosting:StopGrace=00:00:05", "--LocalHosting:OrphanGrace=00:00:01", "--LocalHosting:StartingHealthPeriod=00:00:00.05", .. args]);

    public static IResourceBuilder<ExecutableResource> AddShell(this IDistributedApplicationBuilder builder, string name, string script) =>
        builder.AddExecutable(name, "sh", ".", "-c", script);

    public static async Task<DistributedApplication> StartAsync(this IDistributedApplicationTestingBuilder builder)
    {
        var app = await builder.BuildAsync();
        try
        {
            await app.StartAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public static async Task<ResourceEvent> UntilAsync(this DistributedApplication app, string resource, Func<ResourceEvent, bool> predicate) =>
        await app.ResourceNotifications.WaitForResourceAsync(resource, predicate).WaitAsync(Patience);

    public static Task<ResourceEvent> UntilStateAsync(this DistributedApplication app, string resource, string state) =>
        app.UntilAsync(resource, e => e.Snapshot.State?.Text == state);

    public static int PidOf(this ResourceEvent replica) =>
        (int)replica.Snapshot.Properties.Single(p => p.Name == "executable.pid").Value!;

    /// <summary>All that the resource has printed so far, once it contains the text.</summary>
    public static async Task<IReadOnlyList<string>> UntilPrintedAsync(this DistributedApplication app, string resource, string text)
    {
        var lines = new List<string>();
        await foreach (var batch in app.Logs().WatchAsync(app.Resource(resource)).WithPatience())
        {
            lines.AddRange(batch.Select(l => l.Content));
            if (lines.Exists(l => l.Contains(text, StringComparison.Ordinal)))
                break;
        }

        return lines;
    }

    public static async Task<IReadOnlyList<string>> PrintedAsync(this DistributedApplication app, string resource)
    {
        var lines = new List<string>();
        await foreach (var batch in app.Logs().GetAllAsync(app.Resource(resource)))
            lines.AddRange(batch.Select(l => l.Content));
        return lines;
    }

    public static ResourceLoggerService Logs(this DistributedApplication app) => app.Services.GetRequiredService<ResourceLoggerService>();

    public static IResource Resource(this DistributedApplication app, string name) =>
        app.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(r => r.Name == name);

    public static async IAsyncEnumerable<T> WithPatience<T>(this IAsyncEnumerable<T> source)
    {
        using var enough = new CancellationTokenSource(Patience, TimeProvider.System);
        await foreach (var item in source.WithCancellation(enough.Token))
            yield return item;
    }

    public static void Kill9(int pid) => _ = Signal(pid, 9);

    public static bool IsAlive(int pid) => Signal(pid, 0) == 0;

    /// <summary>True as soon as it is so; false when patience ends. For things outside this process that nobody announces.</summary>
    public static async Task<bool> EventuallyAsync(Func<bool> condition)
    {
        var since = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(since) > Patience)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        return true;
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Signal(int pid, int signal);
}
