namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>The changes that the server computes, each giving the value that the WriteResult carries.</summary>
internal static class Transforms
{
    private const long MicrosPerMillisecond = 1000;

    public static Value Apply(Dictionary<string, Value> fields, Transform transform, long commitTime)
    {
        var before = transform.Field.In(new MapValue(fields));
        var after = transform.Kind switch
        {
            // Milliseconds, rounded down: never later than the commit, and one value for all its documents.
            TransformKind.RequestTime => new TimestampValue(commitTime - (commitTime % MicrosPerMillisecond)),
            TransformKind.Increment => Increment(before, transform.Operand),
            TransformKind.Maximum => Extreme(before, transform.Operand, +1),
            TransformKind.Minimum => Extreme(before, transform.Operand, -1),
            TransformKind.AppendMissingElements => Append(before, (ArrayValue)transform.Operand),
            TransformKind.RemoveAllFromArray => Remove(before, (ArrayValue)transform.Operand),
            _ => throw new InvalidOperationException($"No rule for {transform.Kind}."),
        };
        transform.Field.Assign(fields, after);
        return after is ArrayValue ? NullValue.Instance : after;
    }

    private static Value Increment(Value? before, Value by) => (before, by) switch
    {
        (IntegerValue mine, IntegerValue theirs) => new IntegerValue(Saturated(mine.Content, theirs.Content)),
        _ when before?.Rank == ValueRank.Number => new DoubleValue(AsDouble(before) + AsDouble(by)),
        _ => by,
    };

    private static long Saturated(long left, long right)
    {
        var sum = unchecked(left + right);
        var overflow = ((left ^ sum) & (right ^ sum)) < 0;
        return !overflow ? sum : left < 0 ? long.MinValue : long.MaxValue;
    }

    /// <summary>NaN wins over everything, and of two equal numbers the stored one stays, whatever its type.</summary>
    private static Value Extreme(Value? before, Value operand, int sign)
    {
        if (before?.Rank != ValueRank.Number || operand is DoubleValue { Content: double.NaN })
            return operand;
        if (before is DoubleValue { Content: double.NaN })
            return before;
        return ValueOrder.CompareNumbers(operand, before) * sign > 0 ? operand : before;
    }

    private static ArrayValue Append(Value? before, ArrayValue elements)
    {
        var items = new List<Value>((before as ArrayValue)?.Items ?? []);
        foreach (var element in elements.Items)
        {
            if (!items.Exists(item => ValueOrder.Equal(item, element)))
                items.Add(element);
        }

        return new(items);
    }

    private static ArrayValue Remove(Value? before, ArrayValue elements) =>
        new([.. ((before as ArrayValue)?.Items ?? []).Where(item => !elements.Items.Any(element => ValueOrder.Equal(item, element)))]);

    private static double AsDouble(Value number) => number is IntegerValue integer ? integer.Content : ((DoubleValue)number).Content;
}
