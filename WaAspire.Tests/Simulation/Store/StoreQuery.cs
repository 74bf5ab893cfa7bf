using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Simulation.Store;

/// <summary>What a query finds: filters joined by AND, orders by fields that must be there, and by name at the end.</summary>
internal static class StoreQuery
{
    public static IReadOnlyList<StoredDocument> Run(DocumentQuery query, IEnumerable<StoredDocument> documents)
    {
        var orders = Orders(query);
        var found = documents.Where(document =>
            query.Where.All(filter => document.Fields.TryGetValue(filter.Field, out var value) && Holds(filter, value))
            && orders.All(order => document.Fields.ContainsKey(order.Field))).ToList();
        var isDescending = orders.Count > 0 && orders[^1].Descending;
        found.Sort((left, right) => Compare(orders, isDescending, left, order => right.Fields[order], right.Path));
        if (query.StartAfter.Count > 0 || query.StartAfterPath is not null)
        {
            found.RemoveAll(document => Compare([.. orders.Take(query.StartAfter.Count)], isDescending, document, Cursor(orders, query), query.StartAfterPath) <= 0);
        }

        return query.Limit is { } limit && found.Count > limit ? found[..limit] : found;
    }

    private static List<FieldOrder> Orders(DocumentQuery query)
    {
        var orders = query.OrderBy.Where(order => order.Field != "__name__").ToList();
        var inequality = query.Where.FirstOrDefault(filter => filter.Operator is not (FilterOperator.Equal or FilterOperator.In))?.Field;
        if (inequality is not null && orders.All(order => order.Field != inequality))
        {
            orders.Add(new FieldOrder(inequality));
        }

        return orders;
    }

    private static Func<string, FirestoreValue> Cursor(List<FieldOrder> orders, DocumentQuery query) =>
        field => query.StartAfter[orders.FindIndex(order => order.Field == field)];

    /// <param name="path">Of the other document; null where only values were named: then all that share them are equal.</param>
    private static int Compare(IReadOnlyList<FieldOrder> orders, bool isDescending, StoredDocument document, Func<string, FirestoreValue> other, string? path)
    {
        foreach (var order in orders)
        {
            var byValue = Compare(document.Fields[order.Field], other(order.Field));
            if (byValue != 0)
            {
                return order.Descending ? -byValue : byValue;
            }
        }

        var byName = path is null ? 0 : string.CompareOrdinal(document.Path, path);
        return isDescending ? -byName : byName;
    }

    private static bool Holds(FieldFilter filter, FirestoreValue value) => filter.Operator switch
    {
        FilterOperator.Equal => value.Equals(filter.Value),
        FilterOperator.In => filter.Value.AsArray!.Contains(value),

        // An inequality finds values of its own kind only.
        _ when Rank(value) != Rank(filter.Value) => false,
        FilterOperator.LessThan => Compare(value, filter.Value) < 0,
        FilterOperator.LessThanOrEqual => Compare(value, filter.Value) <= 0,
        FilterOperator.GreaterThan => Compare(value, filter.Value) > 0,
        _ => Compare(value, filter.Value) >= 0,
    };

    private static int Rank(FirestoreValue value) => value.Kind == FirestoreValueKind.Double ? (int)FirestoreValueKind.Integer : (int)value.Kind;

    private static int Compare(FirestoreValue left, FirestoreValue right) => (left.Kind, right.Kind) switch
    {
        _ when Rank(left) != Rank(right) => Rank(left).CompareTo(Rank(right)),
        (FirestoreValueKind.Timestamp, _) => left.AsTimestamp!.Value.CompareTo(right.AsTimestamp!.Value),
        (FirestoreValueKind.Integer or FirestoreValueKind.Double, _) => Number(left).CompareTo(Number(right)),
        (FirestoreValueKind.String, _) => string.CompareOrdinal(left.AsString, right.AsString),
        (FirestoreValueKind.Boolean, _) => left.AsBoolean!.Value.CompareTo(right.AsBoolean!.Value),
        _ => 0,
    };

    private static double Number(FirestoreValue value) => value.AsInteger ?? value.AsDouble!.Value;
}
