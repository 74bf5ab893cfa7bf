using System.Globalization;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Chaos;

/// <summary>How long, how hard, by which chance. The suite runs a minute at a tenth of the durations; <c>chaos.sh</c> says minutes and seed itself.</summary>
/// <param name="Seed">The same seed gives the same schedule of faults.</param>
/// <param name="Faults">How long faults go on, for both policies together.</param>
/// <param name="Scale">What production's durations are multiplied with.</param>
/// <param name="Writers">Clients that write at the same time, each in a thread of its own.</param>
internal sealed record ChaosPlan(int Seed, TimeSpan Faults, double Scale, int Writers)
{
    /// <summary>WhatsApp lets at most 45 at once through to one recipient: a thread with fewer is never paced.</summary>
    public const int MessagesPerThread = 30;

    public const int Accounts = 3;

    // A session's lease is scaled less than the rest: in a few seconds a busy machine renews none, and nobody would ever connect.
    private const double SessionScaleLeast = 1 / 6.0;

    public const string MinutesName = "WAASPIRE_CHAOS_MINUTES";
    public const string CommitName = "WAASPIRE_CHAOS_COMMIT";
    public const string SeedName = "WAASPIRE_CHAOS_SEED";

    private const int SuiteSeed = 20260131;

    /// <summary>Whether the clock is read and a duplicate is made on purpose: for the report, where no promise is judged.</summary>
    public bool IsReported { get; init; }

    /// <summary>Accounts that are paired by QR code, besides.</summary>
    public int Linked => IsReported ? 6 : 3;

    /// <summary>Threads that each of them needs for one phase, and some to spare: one client writes to it.</summary>
    public int ThreadsPerLinked => 2 + (int)(Faults / (PauseMax / 2) / MessagesPerThread * 1.5);

    /// <summary>What the durations of session ownership are multiplied with.</summary>
    public double SessionScale => Math.Max(Scale, SessionScaleLeast);

    /// <summary>How long the accounts of a killed worker may be away, with nothing else wrong.</summary>
    public TimeSpan SessionsAfterKill => TimeSpan.FromSeconds(80) * SessionScale;

    /// <summary>Most of the time everything may happen, and a doubt is held; then the policy of silence has its share.</summary>
    public TimeSpan HoldFaults => Faults * 0.7;

    public TimeSpan SilenceFaults => Faults - HoldFaults;

    /// <summary>At most this long between two messages of one client.</summary>
    public TimeSpan PauseMax => Scaled(TimeSpan.FromSeconds(5));

    /// <summary>Longer than any request of the chaos lives. Not scaled as far as the rest: a machine may be slow for seconds.</summary>
    public TimeSpan QuietPeriod => TimeSpan.FromSeconds(120) * Math.Max(Scale, 0.125);

    /// <summary>Threads that one account needs for one phase, and some to spare.</summary>
    public int ThreadsPerAccount => Writers + (int)(Writers * (Faults / (PauseMax / 2)) / MessagesPerThread / Accounts * 1.5);

    public static ChaosPlan FromEnvironment()
    {
        var given = Environment.GetEnvironmentVariable(MinutesName) is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : (double?)null;
        var minutes = given ?? (Durations.IsFull ? 6 : 0.6);
        var seed = Environment.GetEnvironmentVariable(SeedName) is { Length: > 0 } number ? int.Parse(number, CultureInfo.InvariantCulture) : SuiteSeed;
        return new ChaosPlan(seed, TimeSpan.FromMinutes(minutes), Durations.Scale, Durations.IsFull ? 40 : 12) { IsReported = given is not null };
    }

    public TimeSpan Scaled(TimeSpan production) => production * Scale;
}
