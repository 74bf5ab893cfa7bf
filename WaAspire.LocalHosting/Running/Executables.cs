using System.Runtime.InteropServices;

namespace WaAspire.LocalHosting.Running;

/// <summary>Where commands are. Asked before a start, so that a missing one is a sentence and not a dead child.</summary>
internal static class Executables
{
    /// <summary>The runtime that runs us runs our children, wherever it is installed and whatever PATH says.</summary>
    public static string Dotnet { get; } = DotnetOfThisProcess();

    public static string? Find(string command)
    {
        if (command.Contains('/', StringComparison.Ordinal))
            return IsExecutable(command) ? command : null;
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, command))
            .FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string path) => File.Exists(path)
        && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    // <root>/shared/Microsoft.NETCore.App/<version>/ is the runtime's directory, and <root>/dotnet its host.
    private static string DotnetOfThisProcess()
    {
        var runtime = RuntimeEnvironment.GetRuntimeDirectory();
        var host = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "dotnet"));
        return File.Exists(host) ? host : "dotnet";
    }
}
