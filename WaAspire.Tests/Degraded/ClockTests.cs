using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Testing;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Degraded;

/// <summary>One worker of the fleet has a clock that is 10 minutes ahead, or behind: libfaketime gives it one.</summary>
[Collection(DegradedSystemGroup.Name)]
public sealed class ClockTests(DegradedSystem system)
{
    [Theory]
    [InlineData("+10m")]
    [InlineData("-10m")]
    public async Task a_worker_whose_clock_is_10_minutes_off_does_its_share_and_nobody_notices(string offset)
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(DegradedSystem.Threads);
        using var odd = await StartAsync(offset);
        try
        {
            var told = await company.SendManyAsync(DegradedSystem.Threads, DegradedSystem.Threads);
            await Eventually.IsTrueAsync(
                async () =>
                {
                    foreach (var thread in told.Keys)
                    {
                        told[thread].Add(await company.SendAsync(thread, "and on"));
                    }

                    return (await company.AllOutboxAsync()).Values.Any(message => message.ClaimedBy?.StartsWith("odd-clock", StringComparison.Ordinal) is true);
                },
                "the worker with the odd clock has sent something",
                TimeSpan.FromMinutes(3));

            await DegradedSystem.AssertKeptAtTheFirstAttemptAsync(company, told);
            var now = TimeProvider.System.GetUtcNow();
            Assert.All(await company.AllStoredAsync(), message => Assert.InRange(message.Fields.Timestamp(OutboxFields.SentAt)!.Value, now.AddMinutes(-5), now.AddMinutes(5)));
        }
        finally
        {
            using var kill = Process.Start("kill", ["-TERM", odd.Id.ToString(CultureInfo.InvariantCulture)]);
            await odd.WaitForExitAsync();
        }
    }

    private async Task<Process> StartAsync(string offset)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "WaAspire.Worker.dll"), "--urls", "http://127.0.0.1:0"]);

        // The program itself would stand between us and the worker, and keep signals to itself.
        start.Environment["LD_PRELOAD"] = await LibraryAsync();
        start.Environment["FAKETIME"] = offset;
        start.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        foreach (var (name, value) in Durations.AsEnvironment())
        {
            start.Environment[name] = value;
        }

        start.Environment["HOSTNAME"] = "odd-clock";
        start.Environment["FIREBASE_PROJECT_ID"] = RunningSystem.ProjectId;
        start.Environment["FIRESTORE_EMULATOR_HOST"] = system.Firebase.BaseAddress!.Authority;
        start.Environment["ConnectionStrings__redis"] = await system.App.GetConnectionStringAsync("redis");
        start.Environment["WHATSAPP_GRAPH_BASE_URL"] = new Uri(system.WhatsApp.BaseAddress!, "/v25.0").ToString();
        start.Environment["WHATSAPP_ACCESS_TOKEN"] = "local-whatsapp-access-token";
        start.Environment["Logging__LogLevel__Default"] = "Error";
        return Process.Start(start)!;
    }

    /// <summary>Where libfaketime lies on this machine.</summary>
    private static async Task<string> LibraryAsync()
    {
        using var ask = Process.Start(new ProcessStartInfo("faketime", ["-m", "-f", "+0", "printenv", "LD_PRELOAD"]) { RedirectStandardOutput = true })!;
        var path = (await ask.StandardOutput.ReadToEndAsync()).Trim();
        await ask.WaitForExitAsync();
        Assert.NotEmpty(path);
        return path;
    }
}
