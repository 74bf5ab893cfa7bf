using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>Timestamps (always UTC) and durations, kept to the nanosecond.</summary>
internal static class TimeMethods
{
    private const long NanosPerMilli = 1_000_000;
    private const long NanosPerSecond = 1000 * NanosPerMilli;
    private const long NanosPerDay = 86_400 * NanosPerSecond;
    private const long NanosPerTick = 100;
    private const double MaxMagnitude = 1e12;

    public static void Register()
    {
        RegisterTimestamps();
        RegisterDurations();
        Library.Function("timestamp.value", 1, values => values[0] is RuleInt millis ? Stamp((Int128)millis.Content * NanosPerMilli) : null);
        Library.Function("timestamp.date", 3, values => values is [RuleInt year, RuleInt month, RuleInt day] ? Date(year.Content, month.Content, day.Content) : null);
        Library.Function("duration.value", 2, values => values is [RuleInt magnitude, RuleString unit] && UnitNanos(unit.Content) is { } nanos
            ? new RuleDuration((Int128)magnitude.Content * nanos)
            : null);
        Library.Function("duration.time", 4, values => values is [RuleInt hours, RuleInt minutes, RuleInt seconds, RuleInt nanos]
            ? new RuleDuration(((((Int128)hours.Content * 60) + minutes.Content) * 60 * NanosPerSecond) + ((Int128)seconds.Content * NanosPerSecond) + nanos.Content)
            : null);
        Library.Function("duration.abs", 1, values => values[0] is RuleDuration duration ? new RuleDuration(Int128.Abs(duration.Nanos)) : null);
    }

    /// <summary>In error outside the years 1 to 9999.</summary>
    public static RuleValue Stamp(Int128 nanos) => InRange(nanos) ? new RuleTimestamp(nanos) : new Failure("a timestamp lies outside the years 1 to 9999");

    private static void RegisterTimestamps()
    {
        Stamp("year", time => time.Year);
        Stamp("month", time => time.Month);
        Stamp("day", time => time.Day);
        Stamp("dayOfYear", time => time.DayOfYear);
        // Monday is 1, Sunday 7.
        Stamp("dayOfWeek", time => time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek);
        Stamp("hours", time => time.Hour);
        Stamp("minutes", time => time.Minute);
        Stamp("seconds", time => time.Second);
        Library.Method<RuleTimestamp>("nanos", 0, (time, _) => new RuleInt((long)Modulo(time.Nanos, NanosPerSecond)));
        Library.Method<RuleTimestamp>("toMillis", 0, (time, _) => new RuleInt((long)((time.Nanos - Modulo(time.Nanos, NanosPerMilli)) / NanosPerMilli)));
        Library.Method<RuleTimestamp>("date", 0, (time, _) => new RuleTimestamp(time.Nanos - Modulo(time.Nanos, NanosPerDay)));
        Library.Method<RuleTimestamp>("time", 0, (time, _) => new RuleDuration(Modulo(time.Nanos, NanosPerDay)));
    }

    private static void RegisterDurations()
    {
        Library.Method<RuleDuration>("seconds", 0, (duration, _) => Math.Abs((double)duration.Nanos) < MaxMagnitude * NanosPerSecond
            ? new RuleInt((long)(duration.Nanos / NanosPerSecond))
            : new Failure("a duration is too long"));
        Library.Method<RuleDuration>("nanos", 0, (duration, _) => new RuleInt((long)(duration.Nanos % NanosPerSecond)));
    }

    private static void Stamp(string name, Func<DateTime, int> part) => Library.Method<RuleTimestamp>(name, 0, (time, _) =>
        InRange(time.Nanos)
            ? new RuleInt(part(DateTime.UnixEpoch.AddTicks((long)((time.Nanos - Modulo(time.Nanos, NanosPerTick)) / NanosPerTick))))
            : new Failure("a timestamp lies outside the years 1 to 9999"));

    private static RuleValue Date(long year, long month, long day)
    {
        var valid = year is >= 1 and <= 9999 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth((int)year, (int)month);
        return valid
            ? new RuleTimestamp((Int128)(new DateTime((int)year, (int)month, (int)day, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks * NanosPerTick)
            : new Failure("there is no such date");
    }

    private static long? UnitNanos(string unit) => unit switch
    {
        "w" => 7 * NanosPerDay,
        "d" => NanosPerDay,
        "h" => 3600 * NanosPerSecond,
        "m" => 60 * NanosPerSecond,
        "s" => NanosPerSecond,
        "ms" => NanosPerMilli,
        "ns" => 1,
        _ => null,
    };

    private static bool InRange(Int128 nanos) =>
        nanos >= (Int128)(DateTime.MinValue - DateTime.UnixEpoch).Ticks * NanosPerTick
        && nanos <= (Int128)(DateTime.MaxValue - DateTime.UnixEpoch).Ticks * NanosPerTick;

    /// <summary>Never negative, so that times before 1970 have ordinary parts as well.</summary>
    private static Int128 Modulo(Int128 nanos, Int128 by) => ((nanos % by) + by) % by;
}
