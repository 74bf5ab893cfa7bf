using System.Text.Json;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

internal enum AggregationKind
{
    Count,
    Sum,
    Average,
}

/// <summary>count, sum or avg over what a query returns.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/reference/rest/v1/StructuredAggregationQuery</remarks>
internal sealed record Aggregation(string Alias, AggregationKind Kind, FieldPath? Field, long? UpTo)
{
    private const int MaxAggregations = 5;

    public static IReadOnlyList<Aggregation> ReadAll(JsonElement element)
    {
        var aggregations = RequestJson.Items(element).Select(Read).ToList();
        var aliases = aggregations.Select(aggregation => aggregation.Alias).Distinct(StringComparer.Ordinal).Count();
        return aggregations.Count is > 0 and <= MaxAggregations && aliases == aggregations.Count
            ? aggregations
            : throw RpcException.Invalid($"A query has 1 to {MaxAggregations} aggregations with different aliases.");
    }

    public Value Over(IReadOnlyList<Document> documents)
    {
        if (Kind == AggregationKind.Count)
            return new IntegerValue(Math.Min(documents.Count, UpTo ?? long.MaxValue));
        var numbers = documents.Select(document => Field!.In(document.Fields)).Where(value => value?.Rank == ValueRank.Number).ToList();
        if (Kind == AggregationKind.Sum)
            return Sum(numbers!);
        return numbers.Count == 0 ? NullValue.Instance : new DoubleValue(AsDouble(Sum(numbers!)) / numbers.Count);
    }

    private static Value Sum(IReadOnlyList<Value> numbers)
    {
        // Integers stay exact as long as the total fits; then, or with any double among them, the sum is a double.
        var whole = numbers.OfType<IntegerValue>().Aggregate(Int128.Zero, (sum, number) => sum + number.Content);
        var fractions = numbers.OfType<DoubleValue>().ToList();
        return fractions.Count == 0 && whole >= long.MinValue && whole <= long.MaxValue
            ? new IntegerValue((long)whole)
            : new DoubleValue((double)whole + fractions.Sum(number => number.Content));
    }

    private static double AsDouble(Value number) => number is IntegerValue integer ? integer.Content : ((DoubleValue)number).Content;

    private static Aggregation Read(JsonElement element, int index)
    {
        var alias = $"field_{index + 1}";
        Aggregation? aggregation = null;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            switch (name)
            {
                case "alias": alias = RequestJson.Text(value); break;
                case "count": aggregation = new(alias, AggregationKind.Count, null, ReadUpTo(value)); break;
                case "sum": aggregation = new(alias, AggregationKind.Sum, ReadOperand(value), null); break;
                case "avg": aggregation = new(alias, AggregationKind.Average, ReadOperand(value), null); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        return (aggregation ?? throw RpcException.Invalid("An aggregation needs an operator.")) with { Alias = alias };
    }

    private static long? ReadUpTo(JsonElement element)
    {
        long? upTo = null;
        foreach (var (name, value) in RequestJson.Members(element))
            upTo = name == "upTo" ? RequestJson.Count(value, name) : throw RequestJson.Unknown(name);
        return upTo is 0 ? throw RpcException.Invalid("upTo must be positive.") : upTo;
    }

    private static FieldPath ReadOperand(JsonElement element)
    {
        FieldPath? field = null;
        foreach (var (name, value) in RequestJson.Members(element))
            field = name == "field" ? QueryJson.ReadField(value) : throw RequestJson.Unknown(name);
        return field ?? throw RpcException.Invalid("An aggregation over a field needs the field.");
    }
}
