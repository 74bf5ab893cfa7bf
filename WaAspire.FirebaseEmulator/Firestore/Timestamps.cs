using System.Globalization;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>RFC 3339 in, with any offset and up to nine digits, kept to the microsecond; out with 0, 3 or 6 digits and <c>Z</c>.</summary>
internal static class Timestamps
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    public static long FromTime(DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) / TicksPerMicrosecond;

    /// <summary>Null when the text is no RFC 3339 time.</summary>
    public static long? Parse(string text) => Parse(text, out _);

    /// <param name="aligned">False when digits beyond the microsecond were cut off.</param>
    public static long? Parse(string text, out bool aligned)
    {
        var (whole, fraction, offset) = Split(text);
        aligned = fraction.Length <= 6 || fraction[6..].All(digit => digit == '0');
        if (fraction.Length > 9 || !fraction.All(char.IsAsciiDigit)
            || !DateTimeOffset.TryParseExact(
                whole + offset.ToUpperInvariant().Replace("Z", "+00:00", StringComparison.Ordinal),
                "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            return null;

        var micros = fraction.Length == 0 ? 0 : long.Parse(fraction.PadRight(6, '0')[..6], CultureInfo.InvariantCulture);
        return FromTime(time) + micros;
    }

    public static string Format(long micros)
    {
        var ticks = checked(DateTime.UnixEpoch.Ticks + (micros * TicksPerMicrosecond));
        var format = (micros % 1_000_000, micros % 1_000) switch
        {
            (0, _) => "yyyy-MM-dd'T'HH:mm:ss'Z'",
            (_, 0) => "yyyy-MM-dd'T'HH:mm:ss.fff'Z'",
            _ => "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'",
        };
        return new DateTime(ticks, DateTimeKind.Utc).ToString(format, CultureInfo.InvariantCulture);
    }

    private static (string Whole, string Fraction, string Offset) Split(string text)
    {
        const int SecondsEnd = 19;
        if (text.Length <= SecondsEnd)
            return (text, "", "");
        var rest = text[SecondsEnd..];
        if (rest[0] != '.')
            return (text[..SecondsEnd], "", rest);
        var end = rest.IndexOfAny(['Z', 'z', '+', '-']);
        return end < 2 ? ("", "", "") : (text[..SecondsEnd], rest[1..end], rest[end..]);
    }
}
