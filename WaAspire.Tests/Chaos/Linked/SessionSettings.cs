using System.Globalization;
using WaAspire.Tests.Accounts.Ownership;
using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>What a worker is told so that it holds sessions, at the run's durations.</summary>
internal static class SessionSettings
{
    /// <param name="settings">Its environment.</param>
    /// <param name="plan">Durations.</param>
    /// <param name="url">Where its gateway connects to.</param>
    /// <param name="spool">The folder of all gateways of this machine; each takes one in it.</param>
    public static void Add(Dictionary<string, string> settings, ChaosPlan plan, string url, string spool)
    {
        settings["WA_SESSION_KEYS"] = TwoOwners.OldKey;
        settings["WA_WEB_SOCKET_URL"] = url;
        settings["Gateway__Spool"] = spool;
        if (plan.Scale >= 1)
        {
            return;
        }

        var production = new OwnershipOptions();
        (string Name, TimeSpan Length)[] durations =
        [
            (nameof(production.Lease), production.Lease),
            (nameof(production.Margin), production.Margin),
            (nameof(production.RenewEvery), production.RenewEvery),
            (nameof(production.LookEvery), production.LookEvery),
            (nameof(production.MoveEvery), production.MoveEvery),
            (nameof(production.Patience), production.Patience),
        ];
        foreach (var (name, length) in durations)
        {
            settings[$"{OwnershipOptions.Section}__{name}"] = (length * plan.SessionScale).ToString("c", CultureInfo.InvariantCulture);
        }

        settings["Gateway__RestartBase"] = "00:00:00.200";
        settings["Gateway__RestartCap"] = "00:00:05";
        settings["GATEWAY_OPTIONS"] = """{"backoffBaseMs":200,"backoffCapMs":5000}""";
    }
}
