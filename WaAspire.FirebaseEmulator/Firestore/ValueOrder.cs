namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// The order that queries see (3 equals 3.0, NaN is the smallest number) and, apart from it, sameness as storage sees
/// it (3 is not 3.0): a write that stores the same is no change.
/// </summary>
internal sealed class ValueOrder : IComparer<Value>
{
    public static readonly ValueOrder Instance = new();

    int IComparer<Value>.Compare(Value? x, Value? y) => Compare(x!, y!);

    public static bool Equal(Value left, Value right) => Compare(left, right) == 0;

    public static int Compare(Value left, Value right)
    {
        var rank = left.Rank;
        var byType = rank.CompareTo(right.Rank);
        return byType != 0 ? byType : (left, right) switch
        {
            (BooleanValue mine, BooleanValue theirs) => mine.Content.CompareTo(theirs.Content),
            (TimestampValue mine, TimestampValue theirs) => mine.Micros.CompareTo(theirs.Micros),
            (StringValue mine, StringValue theirs) => PathOrder.CompareUtf8(mine.Content, theirs.Content),
            (BytesValue mine, BytesValue theirs) => mine.Content.AsSpan().SequenceCompareTo(theirs.Content),
            (ReferenceValue mine, ReferenceValue theirs) => PathOrder.Compare(mine.Name, theirs.Name),
            (GeoPointValue mine, GeoPointValue theirs) => (mine.Latitude, mine.Longitude).CompareTo((theirs.Latitude, theirs.Longitude)),
            (ArrayValue mine, ArrayValue theirs) => CompareItems(mine.Items, theirs.Items),
            (MapValue mine, MapValue theirs) when rank == ValueRank.Vector => CompareVectors(mine.Vector!, theirs.Vector!),
            (MapValue mine, MapValue theirs) => CompareMaps(mine, theirs),
            _ when rank == ValueRank.Number => CompareNumbers(left, right),
            _ => 0,
        };
    }

    /// <summary>Integers and doubles interleave exactly: 2^53 + 1 lies above the double 2^53.</summary>
    public static int CompareNumbers(Value left, Value right) => (left, right) switch
    {
        (IntegerValue mine, IntegerValue theirs) => mine.Content.CompareTo(theirs.Content),
        (DoubleValue mine, DoubleValue theirs) => CompareDoubles(mine.Content, theirs.Content),
        (IntegerValue mine, DoubleValue theirs) => CompareMixed(mine.Content, theirs.Content),
        (DoubleValue mine, IntegerValue theirs) => -CompareMixed(theirs.Content, mine.Content),
        _ => throw new InvalidOperationException("Not numbers."),
    };

    /// <summary>The least value of a type, for the edges of a range; null behind the last type.</summary>
    public static Value? LeastOf(ValueRank rank) => rank switch
    {
        ValueRank.Null => NullValue.Instance,
        ValueRank.Boolean => new BooleanValue(false),
        ValueRank.Number => new DoubleValue(double.NaN),
        ValueRank.Timestamp => new TimestampValue(long.MinValue),
        ValueRank.String => new StringValue(""),
        ValueRank.Bytes => new BytesValue([]),
        ValueRank.Reference => new ReferenceValue(""),
        ValueRank.GeoPoint => new GeoPointValue(double.NegativeInfinity, double.NegativeInfinity),
        ValueRank.Array => new ArrayValue([]),
        ValueRank.Vector => MapValue.EmptyVector,
        ValueRank.Map => MapValue.Empty,
        _ => null,
    };

    public static bool Same(Value left, Value right) => (left, right) switch
    {
        (IntegerValue mine, IntegerValue theirs) => mine.Content == theirs.Content,
        (DoubleValue mine, DoubleValue theirs) =>
            mine.Content.Equals(theirs.Content) && double.IsNegative(mine.Content) == double.IsNegative(theirs.Content),
        (IntegerValue, DoubleValue) or (DoubleValue, IntegerValue) => false,
        (ArrayValue mine, ArrayValue theirs) =>
            mine.Items.Count == theirs.Items.Count && mine.Items.Zip(theirs.Items).All(pair => Same(pair.First, pair.Second)),
        (MapValue mine, MapValue theirs) => ReferenceEquals(mine, theirs) || (mine.Fields.Count == theirs.Fields.Count
            && mine.Fields.All(field => theirs.Fields.TryGetValue(field.Key, out var other) && Same(field.Value, other))),
        _ => ReferenceEquals(left, right) || Compare(left, right) == 0,
    };

    /// <summary>0.0 and -0.0 are equal to a query; CompareTo already puts NaN first.</summary>
    private static int CompareDoubles(double left, double right) => left == right ? 0 : left.CompareTo(right);

    private static int CompareMixed(long left, double right)
    {
        if (double.IsNaN(right) || right < -9223372036854775808.0)
            return 1;
        if (right >= 9223372036854775808.0)
            return -1;
        var whole = Math.Truncate(right);
        var order = left.CompareTo((long)whole);
        return order != 0 ? order : -(right - whole).CompareTo(0.0);
    }

    private static int CompareItems(IReadOnlyList<Value> left, IReadOnlyList<Value> right)
    {
        for (var index = 0; index < Math.Min(left.Count, right.Count); index++)
        {
            var order = Compare(left[index], right[index]);
            if (order != 0)
                return order;
        }

        return left.Count.CompareTo(right.Count);
    }

    private static int CompareVectors(IReadOnlyList<Value> left, IReadOnlyList<Value> right) =>
        left.Count != right.Count ? left.Count.CompareTo(right.Count) : CompareItems(left, right);

    private static int CompareMaps(MapValue left, MapValue right)
    {
        using var mine = left.Fields.OrderBy(field => field.Key, PathOrder.ById).GetEnumerator();
        using var theirs = right.Fields.OrderBy(field => field.Key, PathOrder.ById).GetEnumerator();
        while (true)
        {
            var (more, others) = (mine.MoveNext(), theirs.MoveNext());
            if (!more || !others)
                return more.CompareTo(others);
            var order = PathOrder.CompareUtf8(mine.Current.Key, theirs.Current.Key);
            if (order == 0)
                order = Compare(mine.Current.Value, theirs.Current.Value);
            if (order != 0)
                return order;
        }
    }
}
