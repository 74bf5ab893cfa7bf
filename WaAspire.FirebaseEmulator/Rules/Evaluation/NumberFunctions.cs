using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary><c>math.*</c> and places on the globe.</summary>
internal static class NumberFunctions
{
    private const double EarthRadiusMetres = 6_371_010;

    public static void Register()
    {
        Library.Function("math.abs", 1, values => values[0] switch
        {
            RuleInt { Content: long.MinValue } => new Failure("math.abs of the smallest int"),
            RuleInt integer => new RuleInt(Math.Abs(integer.Content)),
            RuleFloat number => new RuleFloat(Math.Abs(number.Content)),
            _ => null,
        });
        Rounding("math.ceil", Math.Ceiling);
        Rounding("math.floor", Math.Floor);
        Rounding("math.round", number => Math.Floor(number + 0.5));
        Library.Function("math.sqrt", 1, values => Number(values[0]) is { } number ? new RuleFloat(Math.Sqrt(number)) : null);
        Library.Function("math.pow", 2, values =>
            Number(values[0]) is { } number && Number(values[1]) is { } power ? new RuleFloat(Math.Pow(number, power)) : null);
        Library.Function("math.isInfinite", 1, values => Number(values[0]) is { } number ? RuleBool.Of(double.IsInfinity(number)) : null);
        Library.Function("math.isNaN", 1, values => Number(values[0]) is { } number ? RuleBool.Of(double.IsNaN(number)) : null);

        Library.Function("latlng.value", 2, values =>
            Number(values[0]) is >= -90 and <= 90 and var latitude && Number(values[1]) is >= -180 and <= 180 and var longitude
                ? new RuleLatLng(latitude, longitude)
                : null);
        Library.Method<RuleLatLng>("latitude", 0, (place, _) => new RuleFloat(place.Latitude));
        Library.Method<RuleLatLng>("longitude", 0, (place, _) => new RuleFloat(place.Longitude));
        Library.Method<RuleLatLng>("distance", 1, (place, values) => values[0] is RuleLatLng other ? new RuleFloat(Metres(place, other)) : null);
    }

    public static double? Number(RuleValue value) => value switch
    {
        RuleInt integer => integer.Content,
        RuleFloat number => number.Content,
        _ => null,
    };

    private static void Rounding(string name, Func<double, double> round) => Library.Function(name, 1, values => values[0] switch
    {
        RuleInt same => same,
        RuleFloat number => Conversions.Whole(round(number.Content)),
        _ => null,
    });

    private static double Metres(RuleLatLng from, RuleLatLng to)
    {
        var (up, across) = (Radians(to.Latitude - from.Latitude) / 2, Radians(to.Longitude - from.Longitude) / 2);
        var half = Math.Pow(Math.Sin(up), 2)
            + (Math.Cos(Radians(from.Latitude)) * Math.Cos(Radians(to.Latitude)) * Math.Pow(Math.Sin(across), 2));
        return 2 * EarthRadiusMetres * Math.Asin(Math.Min(1, Math.Sqrt(half)));
    }

    private static double Radians(double degrees) => degrees * Math.PI / 180;
}
