using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using WaAspire.Tests.Flows;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Degraded;

/// <summary>Three workers that share the work while something around them, or one of them, is not well.</summary>
public sealed class DegradedSystem : RunningSystem
{
    public const int Threads = 12;
    public const int Messages = 60;

    /// <summary>Switches Firestore's faults on. Disposing switches them off.</summary>
    public async Task<IAsyncDisposable> WithStoreFaultsAsync(object faults)
    {
        using var response = await Firebase.PutAsJsonAsync("/emulator/v1/faults", faults);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return new FaultsOff(Firebase, "/emulator/v1/faults");
    }

    /// <summary>Sends a process a signal by its name: STOP, CONT, TERM.</summary>
    public static async Task SignalAsync(Replica replica, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", replica.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>The promise: all of it sent, once, in the order of its thread.</summary>
    /// <returns>The messages that an operator had to send again.</returns>
    public static async Task<IReadOnlySet<string>> AssertKeptAsync(Company company, IReadOnlyDictionary<int, List<string>> told)
    {
        var resent = await OnceAndInOrder.AllSentAsync(company, told, TimeSpan.FromMinutes(5));
        OnceAndInOrder.AssertAll(company, told, await company.AcceptedAsync());
        return resent;
    }

    /// <summary>The same, and no attempt was spent on the trouble.</summary>
    public static async Task AssertKeptAtTheFirstAttemptAsync(Company company, IReadOnlyDictionary<int, List<string>> told)
    {
        var resent = await AssertKeptAsync(company, told);
        Assert.All((await company.AllOutboxAsync()).Values.Where(message => !resent.Contains(message.RequestId)), message => Assert.Equal(1, message.AttemptCount));
    }

    protected override void Configure(IResourceBuilder<ProjectResource> worker)
    {
        base.Configure(worker);
        worker.WithReplicas(3);
    }
}

[CollectionDefinition(Name)]
public sealed class DegradedSystemGroup : ICollectionFixture<DegradedSystem>
{
    public const string Name = "degraded system";
}
