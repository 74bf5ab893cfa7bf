using System.Globalization;
using System.Reflection;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Pacing;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Observability;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Kit;

/// <summary>
/// Every duration of the send protocol is an option, so tests on real processes run the same code at a tenth of them.
/// <c>./test.sh --full</c> (WAASPIRE_FULL=1) runs them at production's length.
/// </summary>
public static class Durations
{
    private static readonly (string Section, Type Options)[] _scaled =
    [
        (SendingOptions.Section, typeof(SendingOptions)),
        (RecoveryOptions.Section, typeof(RecoveryOptions)),
        (LaneOptions.Section, typeof(LaneOptions)),
        (AccountOptions.Section, typeof(AccountOptions)),
    ];

    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("WAASPIRE_FULL") == "1";

    public static double Scale => IsFull ? 1 : 0.1;

    public static TimeSpan Scaled(TimeSpan production) => production * Scale;

    /// <summary>Environment variables that give a worker its durations: <c>Sending__Lease=00:00:06</c> and so on, from the defaults in the code.</summary>
    public static IEnumerable<KeyValuePair<string, string>> AsEnvironment() => Factors().Concat(
        from scaled in _scaled
        let defaults = Activator.CreateInstance(scaled.Options)!
        from property in scaled.Options.GetProperties(BindingFlags.Instance | BindingFlags.Public)
        where property.PropertyType == typeof(TimeSpan)
        select KeyValuePair.Create(
            $"{scaled.Section}__{property.Name}", Scaled((TimeSpan)property.GetValue(defaults)!).ToString("c", CultureInfo.InvariantCulture)));

    /// <summary>The error table's durations are the provider's, not ours: they are scaled as a whole.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Factors()
    {
        var factor = Scale.ToString(CultureInfo.InvariantCulture);
        yield return KeyValuePair.Create($"{SendingOptions.Section}__{nameof(SendingOptions.TableDelayFactor)}", factor);
        yield return KeyValuePair.Create($"{AccountPauseOptions.Section}__{nameof(AccountPauseOptions.DurationFactor)}", factor);
        yield return KeyValuePair.Create($"{PacingOptions.Section}__{nameof(PacingOptions.ProbeEvery)}", Scaled(new PacingOptions().ProbeEvery).ToString("c", CultureInfo.InvariantCulture));
    }
}
