using System.Diagnostics;
using System.Security.Cryptography;

namespace WaAspire.Tests.Kit;

/// <summary>A folder with a <c>package.json</c>: its packages, installed once as the lock file says, and programs run in it.</summary>
/// <param name="folder">Absolute; its <c>node_modules</c> is written.</param>
/// <param name="patience">How long one program may take, an installation among them.</param>
internal sealed class NpmFolder(string folder, TimeSpan patience)
{
    private const string Stamp = ".installed";

    // Several test classes use one folder: two installations at once would tear out each other's files.
    private static readonly SemaphoreSlim _oneAtATime = new(1);

    /// <summary>Does nothing when what is installed is what the lock file says.</summary>
    public async Task InstallAsync()
    {
        await _oneAtATime.WaitAsync();
        try
        {
            await InstallAloneAsync();
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task InstallAloneAsync()
    {
        var wanted = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(folder, "package-lock.json"))));
        var stamp = Path.Combine(folder, "node_modules", Stamp);
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == wanted)
        {
            return;
        }

        var (exitCode, output) = await RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], _ => { });
        Assert.True(exitCode == 0, $"npm ci ended with {exitCode}:\n{output}");
        await File.WriteAllTextAsync(stamp, wanted);
    }

    /// <summary>Runs a program to its end; what it wrote comes back, errors first.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments, Action<ProcessStartInfo> configure)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        configure(start);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(patience);
            return (process.ExitCode, await errors + await output);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
