namespace WaAspire.FirebaseEmulator.Rules.Values;

/// <summary>
/// What a query tells about one field of every document that it returns. A number pinned to 2 is bounded by 2 on both
/// sides rather than known, because the document may hold 2.0.
/// </summary>
/// <param name="Kinds">The kinds that it may have; null is any.</param>
/// <param name="Excluded">What it is surely not.</param>
/// <param name="Contained">What it surely contains, being a list.</param>
internal sealed record Bounds(
    IReadOnlySet<string>? Kinds = null, Limit? Lower = null, Limit? Upper = null,
    IReadOnlyList<RuleValue>? Excluded = null, IReadOnlyList<RuleValue>? Contained = null)
{
    private static readonly HashSet<string> Numbers = ["int", "float"];

    public static IReadOnlySet<string> KindsLike(RuleValue value) => value is RuleInt or RuleFloat ? Numbers : new HashSet<string> { value.Kind };

    /// <summary>Null when some admitted value is equal and some is not.</summary>
    public bool? IsEqualTo(RuleValue other)
    {
        if (Kinds is not null && !Kinds.Contains(other.Kind))
            return false;
        if (Excluded?.Any(excluded => RuleEquality.Equal(excluded, other)) == true)
            return false;
        if (IsBelow(other, orEqual: false) == true || IsAbove(other, orEqual: false) == true)
            return false;
        return Lower is { Inclusive: true } && Upper is { Inclusive: true } && RuleEquality.Equal(Lower.Value, Upper.Value)
            ? RuleEquality.Equal(Lower.Value, other)
            : null;
    }

    /// <summary>Whether every admitted value is below (or equal); null when that is open or cannot be compared.</summary>
    public bool? IsBelow(RuleValue other, bool orEqual) => Side(other, orEqual, Upper, Lower, +1);

    public bool? IsAbove(RuleValue other, bool orEqual) => Side(other, orEqual, Lower, Upper, -1);

    public bool? IsKind(string kind)
    {
        if (Kinds is null)
            return null;
        var matching = Kinds.Count(one => kind == "number" ? Numbers.Contains(one) : one == kind);
        return matching == Kinds.Count ? true : matching == 0 ? false : null;
    }

    /// <param name="near">The bound that, lying before the other value, proves it.</param>
    /// <param name="far">The bound that, lying behind the other value, refutes it.</param>
    private static bool? Side(RuleValue other, bool orEqual, Limit? near, Limit? far, int sign)
    {
        if (near is not null && RuleEquality.Compare(near.Value, other) is { } toNear
            && (toNear * sign < 0 || (toNear == 0 && (orEqual || !near.Inclusive))))
            return true;
        if (far is not null && RuleEquality.Compare(far.Value, other) is { } toFar
            && (toFar * sign > 0 || (toFar == 0 && !(orEqual && far.Inclusive))))
            return false;
        return null;
    }
}

internal sealed record Limit(RuleValue Value, bool Inclusive);
