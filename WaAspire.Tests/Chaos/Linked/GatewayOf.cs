using System.Diagnostics;
using System.Globalization;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>The gateway of a worker: its child process, as the system tells it.</summary>
internal static class GatewayOf
{
    private const string Program = "baileys-gateway";

    /// <returns>Its process id; null while there is none.</returns>
    public static int? Find(ChaosProcess worker)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && ParentOf(folder) == worker.ProcessId && IsGateway(folder))
            {
                return id;
            }
        }

        return null;
    }

    /// <summary>kill -9, unless it has ended and its id is somebody else's.</summary>
    public static Task KillAsync(int id) => IsGateway(Path.Combine("/proc", Text(id))) ? RunAsync("kill", "-KILL", Text(id)) : Task.CompletedTask;

    /// <summary>Stands still for so long. It goes on by itself then, whatever has become of us.</summary>
    public static Task FreezeAsync(int id, TimeSpan length) =>
        RunAsync("setsid", "sh", "-c", "kill -STOP $0 && { sleep $1; kill -CONT $0; } >/dev/null 2>&1 &", Text(id), length.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture));

    private static bool IsGateway(string folder) => Read(folder, "cmdline").Contains(Program, StringComparison.Ordinal);

    // "4711 (node) S 4242 …": the name in the middle may hold anything.
    private static int? ParentOf(string folder)
    {
        var stat = Read(folder, "stat");
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 1 && int.TryParse(fields[1], CultureInfo.InvariantCulture, out var parent) ? parent : null;
    }

    private static string Read(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);

    // Refused when it ended meanwhile, which is no matter.
    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
    }
}
