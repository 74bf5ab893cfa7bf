using System.Globalization;

namespace WaAspire.Proxy.Envelope;

/// <summary>How many a client asks for: a number that makes no sense counts as absent, one that is too large as the largest.</summary>
internal static class Limits
{
    public static int Of(string? asked, int otherwise, int most) =>
        int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? Math.Min(number, most) : otherwise;
}
