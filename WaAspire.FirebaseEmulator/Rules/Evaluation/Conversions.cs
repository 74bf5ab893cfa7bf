using System.Globalization;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary><c>int() float() string() bool() path() debug()</c>.</summary>
internal static class Conversions
{
    private const double Exponent = 1e7;

    public static void Register()
    {
        Library.Function("int", 1, values => values[0] switch
        {
            RuleInt same => same,
            RuleFloat number => Whole(Math.Truncate(number.Content)),
            RuleString text => long.TryParse(text.Content, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer)
                ? new RuleInt(integer)
                : new Failure("int() of a text that is no integer"),
            _ => null,
        });
        Library.Function("float", 1, values => values[0] switch
        {
            RuleFloat same => same,
            RuleInt integer => new RuleFloat(integer.Content),
            RuleString text => double.TryParse(text.Content, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? new RuleFloat(number)
                : new Failure("float() of a text that is no number"),
            _ => null,
        });
        Library.Function("bool", 1, values => values[0] switch
        {
            RuleBool same => same,
            RuleString { Content: "true" } => RuleBool.True,
            RuleString { Content: "false" } => RuleBool.False,
            _ => null,
        });
        Library.Function("string", 1, values => Text(values[0]));
        Library.Function("path", 1, values => values[0] switch
        {
            RulePath same => same,
            RuleString text when text.Content.Trim('/').Split('/') is var segments && !segments.Contains("") => new RulePath(segments),
            _ => null,
        });
        Library.Function("debug", 1, values => values[0]);
    }

    public static RuleValue Whole(double number) => number is >= -9223372036854775808.0 and < 9223372036854775808.0
        ? new RuleInt((long)number)
        : new Failure("a number does not fit an int");

    /// <summary>Large and tiny floats are left out: how production writes their exponent is not known here.</summary>
    public static RuleValue? Text(RuleValue value) => value switch
    {
        RuleString same => same,
        RuleNull => new RuleString("null"),
        RuleBool boolean => new RuleString(boolean.Content ? "true" : "false"),
        RuleInt integer => new RuleString(integer.Content.ToString(CultureInfo.InvariantCulture)),
        RuleFloat { Content: var number } when number == 0 || (Math.Abs(number) is >= 1e-3 and < Exponent) =>
            new RuleString(number.ToString(number == Math.Truncate(number) ? "0.0" : "R", CultureInfo.InvariantCulture)),
        RulePath path => new RuleString("/" + string.Join('/', path.Segments)),
        _ => null,
    };
}
