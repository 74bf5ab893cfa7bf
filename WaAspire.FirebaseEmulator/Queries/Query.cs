using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>A structured query over one collection or collection group, checked and with its implicit orders spelled out.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/reference/rest/v1/StructuredQuery</remarks>
internal sealed record Query(QuerySource From)
{
    public Filter? Where { get; init; }

    /// <summary>As asked, then each inequality's field by name, then <c>__name__</c>.</summary>
    public IReadOnlyList<Order> Orders { get; init; } = [];

    public Cursor? StartAt { get; init; }

    public Cursor? EndAt { get; init; }

    public int Offset { get; init; }

    public int? Limit { get; init; }

    /// <summary>Null gives whole documents; an empty list gives names only.</summary>
    public IReadOnlyList<FieldPath>? Select { get; init; }

    /// <summary>The filter as OR of ANDs, with every <c>in</c> spelled out; one empty conjunction when there is no filter.</summary>
    public IReadOnlyList<IReadOnlyList<FieldFilter>> Conjunctions { get; init; } = [[]];
}

/// <param name="Parent">The path of the document above, empty at the root.</param>
/// <param name="CollectionId">Null takes every collection below the parent.</param>
internal sealed record QuerySource(string Parent, string? CollectionId, bool AllDescendants)
{
    /// <summary>The collection's path; of a group, its path if it lay right below the parent.</summary>
    public string Collection => Parent.Length == 0 ? CollectionId ?? "*" : $"{Parent}/{CollectionId ?? "*"}";
}

internal sealed record Order(FieldPath Field, bool Descending);

/// <param name="Values">For the first orders; the rest is not compared.</param>
/// <param name="Before">Whether the cursor lies just before documents with these values, or just behind them.</param>
internal sealed record Cursor(IReadOnlyList<Value> Values, bool Before);

internal abstract record Filter;

internal sealed record CompositeFilter(bool Any, IReadOnlyList<Filter> Filters) : Filter;

internal sealed record FieldFilter(FieldPath Field, FieldOperator Operator, Value Operand) : Filter
{
    public bool IsEquality => Operator is FieldOperator.Equal or FieldOperator.IsNull or FieldOperator.IsNan;

    public bool IsContains => Operator is FieldOperator.ArrayContains or FieldOperator.ArrayContainsAny;

    public bool IsInequality => !IsEquality && !IsContains && Operator != FieldOperator.In;
}

/// <summary>The first eleven carry their wire numbers; the last four are the unary filters.</summary>
internal enum FieldOperator
{
    Unspecified,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
    Equal,
    NotEqual,
    ArrayContains,
    In,
    ArrayContainsAny,
    NotIn,
    IsNan,
    IsNull,
    IsNotNan,
    IsNotNull,
}
