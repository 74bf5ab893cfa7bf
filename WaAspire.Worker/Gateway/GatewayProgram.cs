using System.Diagnostics;
using System.Globalization;

namespace WaAspire.Worker.Gateway;

/// <summary>What there is to run. Without it the worker serves every other account all the same.</summary>
/// <param name="Node">The runtime.</param>
/// <param name="Main">The program, absolute.</param>
internal sealed record GatewayProgram(string Node, string Main)
{
    private const int LeastVersion = 20;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>The program, or in one sentence what is missing.</summary>
    public static async Task<(GatewayProgram? Program, string? Missing)> FindAsync(GatewayOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (FindMain(options.Main) is not { } main)
        {
            return (null, "baileys-gateway/src/main.js is not there (Gateway:Main)");
        }

        if (!Directory.Exists(Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(main))!, "node_modules")))
        {
            return (null, "its packages are not installed (npm ci in baileys-gateway)");
        }

        return await VersionAsync(options.Node, time, cancellationToken) is { } version && version >= LeastVersion
            ? (new GatewayProgram(options.Node, main), null)
            : (null, $"Node {LeastVersion} or later is not there (Gateway:Node)");
    }

    private static string? FindMain(string? told)
    {
        if (told is not null)
        {
            return File.Exists(told) ? Path.GetFullPath(told) : null;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var main = Path.Combine(folder.FullName, "baileys-gateway", "src", "main.js");
            if (File.Exists(main))
            {
                return main;
            }
        }

        return null;
    }

    /// <summary><c>v20.11.1</c> → 20. Null when it cannot be run.</summary>
    private static async Task<int?> VersionAsync(string node, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(node, ["--version"]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
            try
            {
                var version = await process.StandardOutput.ReadLineAsync(either.Token);
                await process.WaitForExitAsync(either.Token);
                return int.TryParse(version?.TrimStart('v').Split('.')[0], CultureInfo.InvariantCulture, out var major) ? major : null;
            }
            finally
            {
                // One that hangs is not left behind: it will be asked again.
                process.Kill();
            }
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or IOException or OperationCanceledException)
        {
            return null;
        }
    }
}
