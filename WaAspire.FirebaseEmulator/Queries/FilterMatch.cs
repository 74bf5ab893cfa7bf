using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>Whether a document passes a filter. A field that is missing passes none.</summary>
internal static class FilterMatch
{
    public static bool Matches(Filter? filter, Document document, DatabaseName database) => filter switch
    {
        null => true,
        CompositeFilter { Any: true } any => any.Filters.Any(inner => Matches(inner, document, database)),
        CompositeFilter all => all.Filters.All(inner => Matches(inner, document, database)),
        FieldFilter leaf => FieldOf(document, leaf.Field, database) is { } value && Passes(leaf.Operator, value, leaf.Operand),
        _ => throw new InvalidOperationException("Unknown filter."),
    };

    public static Value? FieldOf(Document document, FieldPath field, DatabaseName database) =>
        field.IsDocumentName ? new ReferenceValue(database.NameOf(document.Path)) : field.In(document.Fields);

    private static bool Passes(FieldOperator operation, Value value, Value operand) => operation switch
    {
        FieldOperator.Equal => ValueOrder.Equal(value, operand),
        FieldOperator.NotEqual => value is not NullValue && !ValueOrder.Equal(value, operand),
        FieldOperator.In => Contains(operand, value),
        FieldOperator.NotIn => value is not NullValue && !Contains(operand, NullValue.Instance) && !Contains(operand, value),
        FieldOperator.ArrayContains => Contains(value, operand),
        FieldOperator.ArrayContainsAny => ((ArrayValue)operand).Items.Any(item => Contains(value, item)),
        FieldOperator.IsNan => IsNan(value),
        FieldOperator.IsNull => value is NullValue,
        FieldOperator.IsNotNan => value is not NullValue && !IsNan(value),
        FieldOperator.IsNotNull => value is not NullValue,
        _ => value.Rank == operand.Rank && InRange(operation, ValueOrder.Compare(value, operand)),
    };

    private static bool InRange(FieldOperator operation, int order) => operation switch
    {
        FieldOperator.LessThan => order < 0,
        FieldOperator.LessThanOrEqual => order <= 0,
        FieldOperator.GreaterThan => order > 0,
        FieldOperator.GreaterThanOrEqual => order >= 0,
        _ => throw new InvalidOperationException($"No rule for {operation}."),
    };

    private static bool IsNan(Value value) => value is DoubleValue { Content: double.NaN };

    private static bool Contains(Value array, Value item) =>
        array is ArrayValue { Items: var items } && items.Any(one => ValueOrder.Equal(one, item));
}
