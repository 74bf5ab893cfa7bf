using System.Text.RegularExpressions;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.BaileysGateway;

/// <summary>The gateway's own suite: real baileys against WhatsApp's stand-in, through real gateway processes.</summary>
public sealed partial class GatewaySuiteTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task the_gateways_suite_passes_and_skips_nothing()
    {
        var gateway = new NpmFolder(Path.Combine(Artifacts.Root, "baileys-gateway"), _patience);
        await gateway.InstallAsync();

        var (exitCode, output) = await gateway.RunAsync("npm", ["test"], _ => { });

        var counts = Count().Matches(output).ToDictionary(match => match.Groups["what"].Value, match => int.Parse(match.Groups["count"].Value));
        Assert.True(exitCode == 0 && counts.GetValueOrDefault("pass") > 0, $"npm test ended with {exitCode}:\n{output}");
        Assert.Equal((0, 0, 0, 0), (counts["fail"], counts["cancelled"], counts["skipped"], counts["todo"]));
    }

    [GeneratedRegex(@"^\S+ (?<what>pass|fail|cancelled|skipped|todo) (?<count>\d+)\r?$", RegexOptions.Multiline)]
    private static partial Regex Count();
}
