using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>The operators over values; <c>||</c>, <c>&amp;&amp;</c> and <c>? :</c> are the evaluator's.</summary>
internal static class Operators
{
    public static RuleValue Apply(string symbol, RuleValue left, RuleValue right)
    {
        if (left is Failure)
            return left;
        if (right is Failure)
            return right;
        return symbol switch
        {
            "==" => Equality(left, right),
            "!=" => Not(Equality(left, right)),
            "in" => In(left, right),
            "<" or "<=" or ">" or ">=" => Comparison(symbol, left, right),
            _ when IsOpen(left) || IsOpen(right) => Unknown.OrError,
            _ => Arithmetic(symbol, left, right) ?? new Failure($"{left.Kind} {symbol} {right.Kind}"),
        };
    }

    /// <summary>Whether a query leaves it open, in whole or in part.</summary>
    public static bool IsOpen(RuleValue value) => value is Unknown or RuleObject;

    public static RuleValue Not(RuleValue value) => value switch
    {
        RuleBool boolean => RuleBool.Of(!boolean.Content),
        Failure => value,
        Unknown => Unknown.OrError,
        _ => new Failure($"!{value.Kind}"),
    };

    public static RuleValue Negative(RuleValue value) => value switch
    {
        RuleInt { Content: not long.MinValue } integer => new RuleInt(-integer.Content),
        RuleFloat number => new RuleFloat(-number.Content),
        RuleDuration duration => new RuleDuration(-duration.Nanos),
        Failure => value,
        _ when IsOpen(value) => Unknown.OrError,
        _ => new Failure($"-{value.Kind}"),
    };

    public static RuleValue Is(RuleValue value, string type) => value switch
    {
        Failure => value,
        RuleObject => RuleBool.Of(type == "map"),
        Unknown unknown => Known(unknown, unknown.Bounds?.IsKind(type)),
        _ => RuleBool.Of(value.Kind == type || (type == "number" && value is RuleInt or RuleFloat)),
    };

    private static RuleValue Equality(RuleValue left, RuleValue right) => (left, right) switch
    {
        (Unknown unknown, _) when !IsOpen(right) => Known(unknown, unknown.Bounds?.IsEqualTo(right)),
        (_, Unknown unknown) when !IsOpen(left) => Known(unknown, unknown.Bounds?.IsEqualTo(left)),
        // A document that a query returns is there, and so are its fields.
        (RuleObject, RuleNull) or (RuleNull, RuleObject) => RuleBool.False,
        _ when IsOpen(left) || IsOpen(right) => Unknown.Of(MayFail(left) || MayFail(right)),
        _ => RuleBool.Of(RuleEquality.Equal(left, right)),
    };

    private static RuleValue In(RuleValue item, RuleValue place) => (item, place) switch
    {
        (Unknown unknown, RuleList or RuleSet) => InItems(unknown, CollectionMethods.ItemsOf(place)!),
        (RuleString key, RuleObject document) => document.Has(key.Content) is { } has ? RuleBool.Of(has) : Unknown.Content,
        (_, Unknown { Bounds.Contained: { } contained, MayFail: false }) when !IsOpen(item) && RuleEquality.Contains(contained, item) => RuleBool.True,
        _ when IsOpen(item) || IsOpen(place) => Unknown.OrError,
        (_, RuleList or RuleSet) => RuleBool.Of(RuleEquality.Contains(CollectionMethods.ItemsOf(place)!, item)),
        (RuleString key, RuleMap map) => RuleBool.Of(map.Fields.ContainsKey(key.Content)),
        _ => new Failure($"{item.Kind} in {place.Kind}"),
    };

    private static RuleValue InItems(Unknown unknown, IReadOnlyList<RuleValue> items)
    {
        var outcomes = items.Select(item => unknown.Bounds?.IsEqualTo(item)).ToList();
        return Known(unknown, outcomes.Contains(true) ? true : outcomes.Contains(null) ? null : false);
    }

    private static RuleValue Comparison(string symbol, RuleValue left, RuleValue right)
    {
        var (below, orEqual) = (symbol[0] == '<', symbol.Length == 2);
        if (left is Unknown { Bounds: { } mine } unknown && !IsOpen(right))
            return Ordered(unknown, below ? mine.IsBelow(right, orEqual) : mine.IsAbove(right, orEqual));
        if (right is Unknown { Bounds: { } theirs } other && !IsOpen(left))
            return Ordered(other, below ? theirs.IsAbove(left, orEqual) : theirs.IsBelow(left, orEqual));
        if (IsOpen(left) || IsOpen(right))
            return Unknown.OrError;
        if ((left, right) is (RuleFloat { Content: double.NaN }, RuleInt or RuleFloat) or (RuleInt or RuleFloat, RuleFloat { Content: double.NaN }))
            return RuleBool.False;
        return RuleEquality.Compare(left, right) is { } order
            ? RuleBool.Of((below ? order < 0 : order > 0) || (orEqual && order == 0))
            : new Failure($"{left.Kind} {symbol} {right.Kind}");
    }

    private static RuleValue Known(Unknown unknown, bool? outcome) =>
        outcome is { } known && !unknown.MayFail ? RuleBool.Of(known) : Unknown.Of(unknown.MayFail);

    private static RuleValue Ordered(Unknown unknown, bool? outcome) => outcome is { } known && !unknown.MayFail ? RuleBool.Of(known) : Unknown.OrError;

    private static bool MayFail(RuleValue value) => value is Unknown { MayFail: true };

    private static RuleValue? Arithmetic(string symbol, RuleValue left, RuleValue right) => (symbol, left, right) switch
    {
        (_, RuleInt mine, RuleInt theirs) => Integers(symbol, mine.Content, theirs.Content),
        ("+" or "-" or "*" or "/", RuleInt or RuleFloat, RuleInt or RuleFloat) =>
            Floats(symbol, NumberFunctions.Number(left)!.Value, NumberFunctions.Number(right)!.Value),
        ("+", RuleString mine, RuleString theirs) => new RuleString(mine.Content + theirs.Content),
        ("+", RuleTimestamp time, RuleDuration span) => TimeMethods.Stamp(time.Nanos + span.Nanos),
        ("+", RuleDuration span, RuleTimestamp time) => TimeMethods.Stamp(time.Nanos + span.Nanos),
        ("-", RuleTimestamp time, RuleDuration span) => TimeMethods.Stamp(time.Nanos - span.Nanos),
        ("-", RuleTimestamp mine, RuleTimestamp theirs) => new RuleDuration(mine.Nanos - theirs.Nanos),
        ("+", RuleDuration mine, RuleDuration theirs) => new RuleDuration(mine.Nanos + theirs.Nanos),
        ("-", RuleDuration mine, RuleDuration theirs) => new RuleDuration(mine.Nanos - theirs.Nanos),
        _ => null,
    };

    private static RuleValue Integers(string symbol, long left, long right)
    {
        if (right == 0 && symbol is "/" or "%")
            return new Failure("division by zero");
        Int128 result = symbol switch
        {
            "+" => (Int128)left + right,
            "-" => (Int128)left - right,
            "*" => (Int128)left * right,
            "/" => (Int128)left / right,
            _ => (Int128)left % right,
        };
        return result >= long.MinValue && result <= long.MaxValue ? new RuleInt((long)result) : new Failure("an int overflows");
    }

    private static RuleFloat Floats(string symbol, double left, double right) => new(symbol switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        _ => left / right,
    });
}
