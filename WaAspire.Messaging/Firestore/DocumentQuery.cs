namespace WaAspire.Messaging.Firestore;

/// <summary>A structured query over one collection: filters are joined by AND.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/reference/rest/v1/StructuredQuery</remarks>
public sealed record DocumentQuery(string Collection)
{
    public IReadOnlyList<FieldFilter> Where { get; init; } = [];

    public IReadOnlyList<FieldOrder> OrderBy { get; init; } = [];

    /// <summary>A result starts behind these values, one for each order (and one more for <c>__name__</c> when given as a path).</summary>
    public IReadOnlyList<FirestoreValue> StartAfter { get; init; } = [];

    /// <summary>Starts behind this document path; goes with an explicit order by <c>__name__</c> or none at all.</summary>
    public string? StartAfterPath { get; init; }

    public int? Limit { get; init; }
}

public sealed record FieldFilter(string Field, FilterOperator Operator, FirestoreValue Value)
{
    public static FieldFilter Equal(string field, FirestoreValue value) => new(field, FilterOperator.Equal, value);

    public static FieldFilter In(string field, IEnumerable<FirestoreValue> values) => new(field, FilterOperator.In, FirestoreValue.From(values));
}

public enum FilterOperator
{
    Equal,
    In,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
}

public sealed record FieldOrder(string Field, bool Descending = false);
