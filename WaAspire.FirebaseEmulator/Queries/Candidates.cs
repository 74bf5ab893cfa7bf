using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>
/// The documents that a query has to look at: through the narrowest field index of each conjunction where there is
/// one, else the whole collection. Always a superset of the result; the filter decides.
/// </summary>
internal static class Candidates
{
    private const int SmallCollection = 100;
    private const int MaxIndexes = 32;

    /// <summary>The indexes that would help this query and are missing; small collections need none.</summary>
    public static IReadOnlyList<FieldPath> MissingIndexes(Query query, Snapshot snapshot)
    {
        if (query.From.AllDescendants)
            return [];
        var collection = snapshot.CollectionAt(query.From.Collection);
        if (collection.Documents.Count <= SmallCollection)
            return [];
        return
        [
            .. query.Conjunctions.SelectMany(conjunction => Bounds(conjunction).Keys).Distinct()
                .Where(field => !collection.Indexes.ContainsKey(field.Text))
                .Take(MaxIndexes - collection.Indexes.Count),
        ];
    }

    public static IEnumerable<Document> Of(Query query, Snapshot snapshot)
    {
        var from = query.From;
        if (from.AllDescendants)
            return snapshot.Group(from.Parent, from.CollectionId).SelectMany(collection => collection.Documents.Values);

        var whole = snapshot.CollectionAt(from.Collection);
        // Conjunctions that differ in another field often share their range (thirty shards, one span of time).
        var narrow = query.Conjunctions.Select(conjunction => Narrowest(conjunction, whole)).Distinct().ToList();
        return narrow.Exists(range => range is null)
            ? whole.Documents.Values
            : narrow.SelectMany(range => range!.Value.Index.Ids(range.Value.From, range.Value.To))
                .Distinct(StringComparer.Ordinal).Select(id => whole.Documents[id]);
    }

    private static (FieldIndex Index, int From, int To)? Narrowest(IReadOnlyList<FieldFilter> conjunction, Collection collection)
    {
        (FieldIndex Index, int From, int To)? best = null;
        foreach (var (field, (lower, upper)) in Bounds(conjunction))
        {
            if (!collection.Indexes.TryGetValue(field.Text, out var index))
                continue;
            var (from, to) = index.Range(lower, upper);
            if (best is null || to - from < best.Value.To - best.Value.From)
                best = (index, from, to);
        }

        return best;
    }

    private static Dictionary<FieldPath, (Value? Lower, Value? Upper)> Bounds(IReadOnlyList<FieldFilter> conjunction)
    {
        var bounds = new Dictionary<FieldPath, (Value? Lower, Value? Upper)>();
        foreach (var filter in conjunction.Where(filter => !filter.Field.IsDocumentName))
        {
            var (lower, upper) = bounds.GetValueOrDefault(filter.Field);
            switch (filter.Operator)
            {
                case FieldOperator.Equal or FieldOperator.IsNull: bounds[filter.Field] = (filter.Operand, filter.Operand); break;
                case FieldOperator.LessThan or FieldOperator.LessThanOrEqual: bounds[filter.Field] = (lower, filter.Operand); break;
                case FieldOperator.GreaterThan or FieldOperator.GreaterThanOrEqual: bounds[filter.Field] = (filter.Operand, upper); break;
            }
        }

        return bounds;
    }
}
