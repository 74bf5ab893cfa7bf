using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>Real processes, a seeded nemesis, and a judge that believes what clients were told, WhatsApp's log, and the final documents where these agree with both. <c>./chaos.sh MINUTES</c> is this test, longer.</summary>
public sealed class ChaosTests
{
    private static readonly string _folder = Directory.CreateDirectory(Path.Combine(Artifacts.Folder, "chaos")).FullName;

    [Fact]
    public async Task through_anything_each_message_goes_out_once_in_order_and_none_is_lost()
    {
        var plan = ChaosPlan.FromEnvironment();
        var progress = Path.Combine(_folder, "progress.txt");
        await File.WriteAllTextAsync(progress, "");

        // Not on the runner's few threads: this is a network of its own.
        var result = await Task.Run(async () =>
        {
            await using var run = new ChaosRun(plan, line => File.AppendAllText(progress, line + Environment.NewLine));
            return await run.RunAsync();
        });

        var command = Environment.GetEnvironmentVariable(ChaosPlan.MinutesName) is { Length: > 0 } minutes ? $"./chaos.sh {minutes} --seed {plan.Seed}" : "./test.sh";
        await File.WriteAllTextAsync(Path.Combine(_folder, "report.md"), ChaosReport.Markdown(result, command, Environment.GetEnvironmentVariable(ChaosPlan.CommitName) is { Length: > 0 } commit ? commit : null));
        await File.WriteAllTextAsync(Path.Combine(_folder, "timeline.html"), ChaosReport.Html(result));
        await File.WriteAllTextAsync(Path.Combine(_folder, "line.txt"), result.Verdict + Environment.NewLine);
        Assert.True(result.IsKept, $"Seed {plan.Seed}: {result.Verdict}: {string.Join("; ", result.Broken)}");
    }
}
