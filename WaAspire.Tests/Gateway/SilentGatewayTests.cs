using System.Diagnostics;
using System.Globalization;
using WaAspire.Messaging.Accounts;

namespace WaAspire.Tests.Gateway;

/// <summary>A gateway process that lives and answers nothing does not keep its accounts for ever.</summary>
public sealed class SilentGatewayTests(SilentGatewayTests.AttentiveWorld world) : IClassFixture<SilentGatewayTests.AttentiveWorld>
{
    [Fact]
    public async Task a_gateway_that_hangs_is_ended_and_its_accounts_come_back_without_a_scan()
    {
        var account = await world.LinkAsync();
        var devices = await world.WhatsApp.DevicesAsync();
        var before = (await account.StoredAsync()).Timestamp(AccountFields.LastConnectedAt);

        await SignalAsync("STOP", GatewayOf(Environment.ProcessId));

        await account.StandsAsync(stored => stored.Text(AccountFields.Status) == "connected" && stored.Timestamp(AccountFields.LastConnectedAt) > before, "it is connected anew");
        Assert.Equal(devices, await world.WhatsApp.DevicesAsync());
    }

    /// <summary>The child of this process that was given this world's spool.</summary>
    private int GatewayOf(int parent) => Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Select(name => int.TryParse(name, out var id) ? id : 0)
        .Single(id => id > 0 && ParentOf(id) == parent && Read($"/proc/{id}/environ").Contains($"GATEWAY_SPOOL={world.Spool}", StringComparison.Ordinal));

    /// <summary><c>1234 (a name) S 1200 …</c>: the second word after the name.</summary>
    private static int ParentOf(int id) =>
        Read($"/proc/{id}/stat").Split(") ")[^1].Split(' ') is [_, var parent, ..] && int.TryParse(parent, CultureInfo.InvariantCulture, out var found) ? found : 0;

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is somebody else's.
            return "";
        }
    }

    private static async Task SignalAsync(string signal, int processId)
    {
        using var kill = Process.Start("kill", [$"-{signal}", processId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    public sealed class AttentiveWorld : LinkedWorld
    {
        protected override IEnumerable<string> Arguments =>
            ["--Gateway:SilenceMax", "00:00:05", "--Gateway:CommandTimeout", "00:00:03", "--Gateway:EndTimeout", "00:00:02", "--Ownership:RenewEvery", "00:00:02"];
    }
}
