using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>Runs a query over a snapshot: candidates in order, filter, cursors, offset, limit. A pure function of both.</summary>
internal static class QueryRunner
{
    public static QueryResult Run(Query query, DatabaseName database, Snapshot snapshot)
    {
        var skipped = 0;
        var found = new List<Document>();
        foreach (var document in Matching(query, database, snapshot))
        {
            if (found.Count >= (query.Limit ?? int.MaxValue))
                break;
            if (skipped < query.Offset)
                skipped++;
            else
                found.Add(document);
        }

        return new(found, skipped);
    }

    /// <summary>Whether the query would return the document if it had no limit.</summary>
    public static bool IsResult(Query query, DatabaseName database, Document document) =>
        FilterMatch.Matches(query.Where, document, database) && KeysOf(document, query, database) is { } keys && IsInside(query, keys);

    /// <summary>The cursor that lies just behind a document in this query's order.</summary>
    public static Cursor After(Query query, Document document, DatabaseName database) =>
        new(KeysOf(document, query, database) ?? throw new InvalidOperationException("Not in the query's result."), Before: false);

    /// <summary>One value for each order; null when the document lacks one, which drops it from the result.</summary>
    public static Value[]? KeysOf(Document document, Query query, DatabaseName database)
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

    public static int Compare(IReadOnlyList<Order> orders, Value[] left, IReadOnlyList<Value> right)
    {
        for (var index = 0; index < Math.Min(left.Length, right.Count); index++)
        {
            var order = ValueOrder.Compare(left[index], right[index]);
            if (order != 0)
                return orders[index].Descending ? -order : order;
        }

        return 0;
    }

    private static IEnumerable<Document> Matching(Query query, DatabaseName database, Snapshot snapshot)
    {
        var from = query.From;
        if (from.AllDescendants)
            return Sorted(query, database, snapshot.Group(from.Parent, from.CollectionId).SelectMany(collection => collection.Documents));
        var collection = snapshot.CollectionAt(from.Collection);
        return Scan.Ordered(query, collection, database) is { } ordered
            ? ordered.Where(document => IsResult(query, database, document))
            : Sorted(query, database, collection.Documents);
    }

    private static IEnumerable<Document> Sorted(Query query, DatabaseName database, IEnumerable<Document> candidates)
    {
        var rows = new List<Row>();
        foreach (var document in candidates)
        {
            if (FilterMatch.Matches(query.Where, document, database) && KeysOf(document, query, database) is { } keys && IsInside(query, keys))
                rows.Add(new(document, keys));
        }

        rows.Sort((left, right) => Compare(query.Orders, left.Keys, right.Keys));
        return rows.Select(row => row.Document);
    }

    private static bool IsInside(Query query, Value[] keys)
    {
        var (start, end) = (query.StartAt, query.EndAt);
        var fromStart = start is null ? 1 : Compare(query.Orders, keys, start.Values);
        var toEnd = end is null ? -1 : Compare(query.Orders, keys, end.Values);
        return (fromStart > 0 || (fromStart == 0 && start!.Before)) && (toEnd < 0 || (toEnd == 0 && !end!.Before));
    }

    private readonly record struct Row(Document Document, Value[] Keys);
}

/// <param name="Skipped">Documents passed over by the offset; they are billed.</param>
internal sealed record QueryResult(IReadOnlyList<Document> Documents, int Skipped);
