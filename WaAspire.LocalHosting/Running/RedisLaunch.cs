using System.Diagnostics;
using System.Globalization;
using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using WaAspire.LocalHosting.Ports;

namespace WaAspire.LocalHosting.Running;

/// <summary>
/// Redis as a child: the machine's redis-server, else a container where an engine runs, else one sentence. It keeps nothing
/// on disk, as Redis here is rebuildable by design; its folder is its own and goes with the application.
/// </summary>
internal static class RedisLaunch
{
    public const string Missing =
        "Redis is missing: install redis-server (apt-get install redis-server, brew install redis), or start Docker or Podman, "
        + "or set ConnectionStrings__redis to a server that runs.";

    private const string Image = "docker.io/library/redis:8.6";
    private static readonly string[] s_engines = ["docker", "podman"];
    private static readonly TimeSpan s_engineAnswers = TimeSpan.FromSeconds(5);

    public static LaunchPlan Plan(RedisResource redis)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"waaspire-{redis.Name}-{Path.GetRandomFileName()}");
        if (Executables.Find("redis-server") is { } server)
            return new(server, [Path.Combine(folder, "redis.conf")], folder);
        var engine = s_engines.Select(Executables.Find).FirstOrDefault(e => e is not null && EngineRuns(e))
            ?? throw new DistributedApplicationException(Missing);
        // Without a terminal the engine's client passes TERM on to the container, and --rm takes the container away.
        return new(engine, ["run", "--rm", "--env", "REDIS_PASSWORD"], folder);
    }

    /// <summary>Ports and values are known now: the rest of the command. The password is in a file or a variable, never in ps.</summary>
    public static async Task<LaunchSpec> FinishAsync(
        RedisResource redis, LaunchPlan plan, int port, Dictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var password = redis.PasswordParameter is { } parameter ? await parameter.GetValueAsync(cancellationToken) : null;
        Directory.CreateDirectory(plan.WorkingDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (plan.Arguments is [var configuration])
        {
            await File.WriteAllLinesAsync(configuration, Configuration(port, plan.WorkingDirectory, password), cancellationToken);
            return new(plan.Command, plan.Arguments, plan.WorkingDirectory, environment);
        }

        environment["REDIS_PASSWORD"] = password ?? "";
        string[] publish = [.. Loopback.Addresses.SelectMany(a => new[] { "--publish", Published(a, port) })];
        const string InContainer = "exec redis-server --save '' --appendonly no ${REDIS_PASSWORD:+--requirepass \"$REDIS_PASSWORD\"}";
        return new(plan.Command, [.. plan.Arguments, .. publish, Image, "sh", "-c", InContainer], plan.WorkingDirectory, environment);
    }

    private static IEnumerable<string> Configuration(int port, string folder, string? password)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"port {port}");
        yield return $"bind {string.Join(' ', Loopback.Addresses)}";
        yield return $"dir {folder}";
        yield return "save \"\"";
        yield return "appendonly no";
        if (password is not null)
            yield return $"requirepass \"{password.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }

    private static string Published(IPAddress address, int port) => string.Create(
        CultureInfo.InvariantCulture, $"{new IPEndPoint(address, port)}:6379");

    // A client without its engine is common; only an answer from the engine counts.
    private static bool EngineRuns(string engine)
    {
        using var info = Process.Start(new ProcessStartInfo(engine, "info") { RedirectStandardOutput = true, RedirectStandardError = true })!;
        info.OutputDataReceived += (_, _) => { };
        info.ErrorDataReceived += (_, _) => { };
        info.BeginOutputReadLine();
        info.BeginErrorReadLine();
        if (info.WaitForExit(s_engineAnswers))
            return info.ExitCode == 0;
        info.Kill(entireProcessTree: true);
        return false;
    }
}
