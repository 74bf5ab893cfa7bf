using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Rules.Values;

/// <summary>Equality (values of different kinds are unequal, numbers compare across int and float) and the order of the few kinds that have one.</summary>
internal static class RuleEquality
{
    public static bool Equal(RuleValue left, RuleValue right) => (left, right) switch
    {
        (RuleNull, RuleNull) => true,
        (RuleBool mine, RuleBool theirs) => mine.Content == theirs.Content,
        (RuleInt or RuleFloat, RuleInt or RuleFloat) => Compare(left, right) == 0,
        (RuleString mine, RuleString theirs) => mine.Content == theirs.Content,
        (RuleBytes mine, RuleBytes theirs) => mine.Content.AsSpan().SequenceEqual(theirs.Content),
        (RuleTimestamp mine, RuleTimestamp theirs) => mine.Nanos == theirs.Nanos,
        (RuleDuration mine, RuleDuration theirs) => mine.Nanos == theirs.Nanos,
        (RuleLatLng mine, RuleLatLng theirs) => mine.Latitude == theirs.Latitude && mine.Longitude == theirs.Longitude,
        (RulePath mine, RulePath theirs) => mine.Segments.SequenceEqual(theirs.Segments, StringComparer.Ordinal),
        (RuleList mine, RuleList theirs) =>
            mine.Items.Count == theirs.Items.Count && mine.Items.Zip(theirs.Items).All(pair => Equal(pair.First, pair.Second)),
        (RuleSet mine, RuleSet theirs) => mine.Items.Count == theirs.Items.Count && mine.Items.All(item => Contains(theirs.Items, item)),
        (RuleMap mine, RuleMap theirs) => mine.Fields.Count == theirs.Fields.Count
            && mine.Fields.All(field => theirs.Fields.TryGetValue(field.Key, out var other) && Equal(field.Value, other)),
        _ => false,
    };

    /// <summary>As <see cref="Equal"/>, but a NaN that stays is no change.</summary>
    public static bool Unchanged(RuleValue before, RuleValue after) =>
        (before, after) is (RuleFloat { Content: double.NaN }, RuleFloat { Content: double.NaN }) || Equal(before, after);

    public static bool Contains(IEnumerable<RuleValue> items, RuleValue item) => items.Any(one => Equal(one, item));

    public static RuleSet SetOf(IEnumerable<RuleValue> items)
    {
        var distinct = new List<RuleValue>();
        foreach (var item in items)
        {
            if (!Contains(distinct, item))
                distinct.Add(item);
        }

        return new(distinct);
    }

    /// <summary>Null where there is no order: kinds without one, kinds that differ, NaN.</summary>
    public static int? Compare(RuleValue left, RuleValue right) => (left, right) switch
    {
        (RuleFloat { Content: double.NaN }, _) or (_, RuleFloat { Content: double.NaN }) => null,
        (RuleInt or RuleFloat, RuleInt or RuleFloat) => ValueOrder.CompareNumbers(Number(left), Number(right)),
        (RuleString mine, RuleString theirs) => PathOrder.CompareUtf8(mine.Content, theirs.Content),
        (RuleTimestamp mine, RuleTimestamp theirs) => mine.Nanos.CompareTo(theirs.Nanos),
        (RuleDuration mine, RuleDuration theirs) => mine.Nanos.CompareTo(theirs.Nanos),
        _ => null,
    };

    private static Value Number(RuleValue value) =>
        value is RuleInt integer ? new IntegerValue(integer.Content) : new DoubleValue(((RuleFloat)value).Content);
}
