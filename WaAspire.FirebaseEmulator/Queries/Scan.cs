using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>
/// The candidates of a query in the query's own order, read lazily: a limit stops the reading, so that a query costs
/// what it returns and not what is stored. Each conjunction reads one stretch of one index (its equalities, then the
/// orders), and the stretches are merged. Always a superset of the result; the filter decides.
/// </summary>
internal static class Scan
{
    private const int SmallCollection = 100;
    private const int MaxIndexes = 32;

    /// <summary>The indexes that would help this query and are missing; small collections need none.</summary>
    public static IReadOnlyList<IndexShape> MissingIndexes(Query query, Snapshot snapshot)
    {
        if (query.From.AllDescendants)
            return [];
        var collection = snapshot.CollectionAt(query.From.Collection);
        if (collection.Count <= SmallCollection)
            return [];
        var missing = query.Conjunctions.Where(conjunction => NameOf(conjunction) is null)
            .Select(conjunction => ShapeOf(query, conjunction)).DistinctBy(shape => shape.Text)
            .Where(shape => collection.IndexOf(shape) is null).ToList();
        return collection.Indexes + missing.Count <= MaxIndexes ? missing : [];
    }

    /// <summary>Null when an index is missing: then the caller reads and sorts everything.</summary>
    public static IEnumerable<Document>? Ordered(Query query, Collection collection, DatabaseName database)
    {
        var stretches = new List<IEnumerable<Document>>();
        foreach (var conjunction in query.Conjunctions)
        {
            if (NameOf(conjunction) is { } name)
                stretches.Add(Single(collection, name, database));
            else if (collection.IndexOf(ShapeOf(query, conjunction)) is { } index)
                stretches.Add(Stretch(query, conjunction, index, database));
            else
                return null;
        }

        return stretches is [var only] ? only : Merge(query, stretches, database);
    }

    private static ReferenceValue? NameOf(IReadOnlyList<FieldFilter> conjunction) => conjunction
        .FirstOrDefault(filter => filter.Field.IsDocumentName && filter.Operator == FieldOperator.Equal)?.Operand as ReferenceValue;

    private static IEnumerable<Document> Single(Collection collection, ReferenceValue name, DatabaseName database) =>
        database.Find(name.Name) is { } path && path.Collection == collection.Path && collection.Find(path.Id) is { } document ? [document] : [];

    /// <summary>The equalities by name, then the orders: what a composite index of production looks like.</summary>
    private static IndexShape ShapeOf(Query query, IReadOnlyList<FieldFilter> conjunction) =>
        new([.. Pinned(conjunction).Select(filter => new Order(filter.Field, false)), .. query.Orders]);

    private static IEnumerable<FieldFilter> Pinned(IReadOnlyList<FieldFilter> conjunction) => conjunction
        .Where(filter => filter.IsEquality && !filter.Field.IsDocumentName)
        .DistinctBy(filter => filter.Field.Text).OrderBy(filter => filter.Field.Text, StringComparer.Ordinal);

    private static IEnumerable<Document> Stretch(Query query, IReadOnlyList<FieldFilter> conjunction, OrderedIndex index, DatabaseName database)
    {
        Value[] pinned = [.. Pinned(conjunction).Select(filter => filter.Operator == FieldOperator.IsNan ? new DoubleValue(double.NaN) : filter.Operand)];
        IEnumerable<IndexBound?> lower = [new(pinned, null, -1), CursorBound(query, query.StartAt, pinned, database)];
        IEnumerable<IndexBound?> upper = [new(pinned, null, +1), CursorBound(query, query.EndAt, pinned, database)];
        foreach (var (low, high) in conjunction.Select(filter => RangeBounds(query.Orders[0], filter, pinned, database)))
        {
            lower = lower.Append(query.Orders[0].Descending ? Flip(high) : low);
            upper = upper.Append(query.Orders[0].Descending ? Flip(low) : high);
        }

        var (from, to) = (lower.OfType<IndexBound>().Max(index.Place), upper.OfType<IndexBound>().Min(index.Place));
        for (var place = from; place < to; place++)
            yield return index[place];
    }

    private static IndexBound? Flip(IndexBound? bound) => bound is null ? null : bound with { Side = -bound.Side };

    private static IndexBound? CursorBound(Query query, Cursor? cursor, Value[] pinned, DatabaseName database)
    {
        if (cursor is null)
            return null;
        Value[] keys = [.. pinned, .. cursor.Values];
        var side = cursor.Before ? -1 : +1;
        // A cursor may name any field's value before the name; the name itself is no value of the document.
        var at = query.Orders.Take(cursor.Values.Count).ToList().FindIndex(order => order.Field.IsDocumentName);
        if (at < 0)
            return new(keys, null, side);
        var name = (cursor.Values[at] as ReferenceValue)?.Name;
        return name is not null && database.Find(name) is { } path ? new(keys[..(pinned.Length + at)], path, side) : null;
    }

    /// <summary>Where the documents that pass this filter begin and end, if the first order is by the same field.</summary>
    private static (IndexBound? Low, IndexBound? High) RangeBounds(Order first, FieldFilter filter, Value[] pinned, DatabaseName database)
    {
        if (filter.Field != first.Field || !filter.IsInequality)
            return default;
        var operand = filter.Operand;
        if (first.Field.IsDocumentName)
        {
            var name = (operand as ReferenceValue)?.Name is { } text ? database.Find(text) : null;
            return name is null ? default : Bounds(filter.Operator, side => new(pinned, name, side), null, null);
        }

        // A range holds values of the operand's type only.
        var least = new IndexBound([.. pinned, ValueOrder.LeastOf(operand.Rank)!], null, -1);
        var most = ValueOrder.LeastOf(operand.Rank + 1) is { } next ? new IndexBound([.. pinned, next], null, -1) : null;
        return Bounds(filter.Operator, side => new([.. pinned, operand], null, side), least, most);
    }

    private static (IndexBound? Low, IndexBound? High) Bounds(
        FieldOperator operation, Func<int, IndexBound> at, IndexBound? least, IndexBound? most) => operation switch
        {
            FieldOperator.LessThan => (least, at(-1)),
            FieldOperator.LessThanOrEqual => (least, at(+1)),
            FieldOperator.GreaterThan => (at(+1), most),
            FieldOperator.GreaterThanOrEqual => (at(-1), most),
            _ => default,
        };

    /// <summary>One stream in order out of several; a document in two of them comes once.</summary>
    private static IEnumerable<Document> Merge(Query query, List<IEnumerable<Document>> stretches, DatabaseName database)
    {
        var order = Comparer<(Document Document, Value[] Keys)>.Create((left, right) => QueryRunner.Compare(query.Orders, left.Keys, right.Keys));
        var heads = new PriorityQueue<IEnumerator<Document>, (Document, Value[])>(order);
        foreach (var stretch in stretches)
            Advance(stretch.GetEnumerator());
        Document? last = null;
        while (heads.TryDequeue(out var head, out _))
        {
            if (!ReferenceEquals(head.Current, last))
                yield return last = head.Current;
            Advance(head);
        }

        void Advance(IEnumerator<Document> stretch)
        {
            while (stretch.MoveNext())
            {
                // A document found by its name may lack a field of the orders, and is then no part of the result.
                if (QueryRunner.KeysOf(stretch.Current, query, database) is not { } keys)
                    continue;
                heads.Enqueue(stretch, (stretch.Current, keys));
                return;
            }

            stretch.Dispose();
        }
    }
}
