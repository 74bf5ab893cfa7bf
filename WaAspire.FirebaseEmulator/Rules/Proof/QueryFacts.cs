using WaAspire.FirebaseEmulator.Firestore;
using WaAspire.FirebaseEmulator.Queries;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Proof;

/// <summary>
/// What one conjunction of a query tells about every document that it returns: fields pinned to a value, bounded, or
/// at least present. What it does not tell stays unknown, and denies.
/// </summary>
internal sealed class QueryFacts
{
    private readonly Dictionary<string, List<FieldFilter>> _filters;
    private readonly List<FieldPath> _present;

    public QueryFacts(IReadOnlyList<FieldFilter> conjunction, IReadOnlyList<Order> orders, DatabaseName database)
    {
        _filters = conjunction.GroupBy(filter => filter.Field.Text, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        // A filter is passed by no document without the field, and an order drops such documents.
        _present = [.. conjunction.Select(filter => filter.Field).Concat(orders.Select(order => order.Field)).Where(field => !field.IsDocumentName).Distinct()];
        var pinned = conjunction.FirstOrDefault(filter => filter.Field.IsDocumentName && filter.Operator == FieldOperator.Equal);
        Id = pinned?.Operand is ReferenceValue reference && reference.Name.StartsWith(database.Documents + "/", StringComparison.Ordinal)
            ? reference.Name[(database.Documents.Length + 1)..]
            : null;
    }

    /// <summary>The path of the one document that the query can return, if it names it.</summary>
    public string? Id { get; }

    public bool IsPresent(IReadOnlyList<string> field) => _present.Exists(known => StartsWith(known.Segments, field));

    public RuleValue Field(IReadOnlyList<string> field)
    {
        // No field has an empty name, and no field path can hold one.
        if (field.Contains(""))
            return new Failure("no member with an empty name");
        var filters = _filters.GetValueOrDefault(new FieldPath(field).Text, []);
        if (filters.Select(Pinned).FirstOrDefault(value => value is not null) is { } pinned)
            return pinned;
        // A field of it is known to be there, so it is a map.
        if (_present.Exists(known => known.Segments.Count > field.Count && StartsWith(known.Segments, field)))
            return new OpenMap(this, field);
        return IsPresent(field) ? new Unknown(false, BoundsOf(filters)) : Unknown.OrError;
    }

    private static bool StartsWith(IReadOnlyList<string> field, IReadOnlyList<string> start) =>
        field.Count >= start.Count && field.Take(start.Count).SequenceEqual(start, StringComparer.Ordinal);

    /// <summary>A number inside is not known for certain: 2 finds 2.0 as well.</summary>
    private static RuleValue? Pinned(FieldFilter filter) => filter.Operator switch
    {
        FieldOperator.Equal when !HoldsNumber(filter.Operand) => StoredValues.Of(filter.Operand),
        FieldOperator.IsNull => RuleNull.Instance,
        FieldOperator.IsNan => new RuleFloat(double.NaN),
        _ => null,
    };

    private static bool HoldsNumber(Value value) => value switch
    {
        ArrayValue array => array.Items.Any(HoldsNumber),
        MapValue map => map.Fields.Values.Any(HoldsNumber),
        _ => value.Rank == ValueRank.Number,
    };

    private static Bounds BoundsOf(IEnumerable<FieldFilter> filters) => filters.Aggregate(new Bounds(), Narrow);

    private static Bounds Narrow(Bounds bounds, FieldFilter filter)
    {
        var operand = StoredValues.Of(filter.Operand);
        var typed = bounds with { Kinds = Bounds.KindsLike(operand) };
        return filter.Operator switch
        {
            FieldOperator.Equal => typed with { Lower = new(operand, true), Upper = new(operand, true) },
            FieldOperator.LessThan => typed with { Upper = Tighter(bounds.Upper, new(operand, false), +1) },
            FieldOperator.LessThanOrEqual => typed with { Upper = Tighter(bounds.Upper, new(operand, true), +1) },
            FieldOperator.GreaterThan => typed with { Lower = Tighter(bounds.Lower, new(operand, false), -1) },
            FieldOperator.GreaterThanOrEqual => typed with { Lower = Tighter(bounds.Lower, new(operand, true), -1) },
            FieldOperator.NotEqual => bounds with { Excluded = [.. bounds.Excluded ?? [], operand, RuleNull.Instance] },
            FieldOperator.NotIn => bounds with { Excluded = [.. bounds.Excluded ?? [], .. ((RuleList)operand).Items, RuleNull.Instance] },
            FieldOperator.IsNotNull or FieldOperator.IsNotNan => bounds with { Excluded = [.. bounds.Excluded ?? [], RuleNull.Instance] },
            FieldOperator.ArrayContains => bounds with { Kinds = new HashSet<string> { "list" }, Contained = [.. bounds.Contained ?? [], operand] },
            _ => bounds,
        };
    }

    /// <summary>The bound that admits less; of equal values the one that leaves its own value out.</summary>
    private static Limit Tighter(Limit? known, Limit given, int sign)
    {
        var order = known is null ? null : RuleEquality.Compare(given.Value, known.Value) * sign;
        return order is null || order < 0 || (order == 0 && !given.Inclusive) ? given : known!;
    }
}

/// <summary>A document's data, or a map inside it, as far as a query tells.</summary>
internal sealed record OpenMap(QueryFacts Facts, IReadOnlyList<string> Path) : RuleObject
{
    public override RuleValue Member(string name) => Facts.Field([.. Path, name]);

    public override bool? Has(string name) => Facts.IsPresent([.. Path, name]) ? true : null;
}

/// <summary>The <c>resource</c> of a query: any document that it may return.</summary>
internal sealed record OpenDocument(QueryFacts Facts, RuleValue Id, RuleValue Path) : RuleObject
{
    public override RuleValue Member(string name) => name switch
    {
        "data" => new OpenMap(Facts, []),
        "id" => Id,
        "__name__" => Path,
        _ => new Failure($"no member {name}"),
    };

    public override bool? Has(string name) => name is "data" or "id" or "__name__";
}
