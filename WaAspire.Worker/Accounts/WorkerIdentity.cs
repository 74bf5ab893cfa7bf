using System.Globalization;

namespace WaAspire.Worker.Accounts;

/// <summary>
/// Who this process is, in <c>claimedBy</c> and in logs: <c>RAILWAY_DEPLOYMENT_ID</c>, else <c>HOSTNAME</c>, else the
/// machine's name, and a random suffix, because replicas of one deployment share both.
/// </summary>
public sealed record WorkerIdentity(string Id)
{
    public static WorkerIdentity From(IConfiguration configuration, Random chance)
    {
        var name = Present(configuration["RAILWAY_DEPLOYMENT_ID"]) ?? Present(configuration["HOSTNAME"]) ?? Environment.MachineName;
        var suffix = chance.NextInt64(0x1_0000_0000).ToString("x8", CultureInfo.InvariantCulture);
        return new WorkerIdentity($"{name}-{suffix}");
    }

    private static string? Present(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
