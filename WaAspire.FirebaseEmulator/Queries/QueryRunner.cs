using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>
/// Runs a query over a snapshot: candidates, filter, order, cursors, offset, limit. A pure function of both, so that a
/// transaction can ask later whether the answer is still the same.
/// </summary>
internal static class QueryRunner
{
    public static QueryResult Run(Query query, DatabaseName database, Snapshot snapshot)
    {
        var rows = new List<Row>();
        foreach (var document in Candidates.Of(query, snapshot))
        {
            if (!FilterMatch.Matches(query.Where, document, database))
                continue;
            if (KeysOf(document, query, database) is { } keys && IsInside(query, keys))
                rows.Add(new(document, keys));
        }

        rows.Sort((left, right) => Compare(query.Orders, left.Keys, right.Keys));
        var skipped = Math.Min(query.Offset, rows.Count);
        return new([.. rows.Skip(skipped).Take(query.Limit ?? int.MaxValue).Select(row => row.Document)], skipped);
    }

    /// <summary>The cursor that lies just behind a document in this query's order.</summary>
    public static Cursor After(Query query, Document document, DatabaseName database) =>
        new(KeysOf(document, query, database) ?? throw new InvalidOperationException("Not in the query's result."), Before: false);

    /// <summary>One value for each order; null when the document lacks one, which drops it from the result.</summary>
    private static Value[]? KeysOf(Document document, Query query, DatabaseName database)
    {
        var keys = new Value[query.Orders.Count];
        for (var index = 0; index < keys.Length; index++)
        {
            if (FilterMatch.FieldOf(document, query.Orders[index].Field, database) is not { } key)
                return null;
            keys[index] = key;
        }

        return keys;
    }

    private static bool IsInside(Query query, Value[] keys)
    {
        var (start, end) = (query.StartAt, query.EndAt);
        var fromStart = start is null ? 1 : Compare(query.Orders, keys, start.Values);
        var toEnd = end is null ? -1 : Compare(query.Orders, keys, end.Values);
        return (fromStart > 0 || (fromStart == 0 && start!.Before)) && (toEnd < 0 || (toEnd == 0 && !end!.Before));
    }

    private static int Compare(IReadOnlyList<Order> orders, Value[] left, IReadOnlyList<Value> right)
    {
        for (var index = 0; index < Math.Min(left.Length, right.Count); index++)
        {
            var order = ValueOrder.Compare(left[index], right[index]);
            if (order != 0)
                return orders[index].Descending ? -order : order;
        }

        return 0;
    }

    private readonly record struct Row(Document Document, Value[] Keys);
}

/// <param name="Skipped">Documents passed over by the offset; they are billed.</param>
internal sealed record QueryResult(IReadOnlyList<Document> Documents, int Skipped);
