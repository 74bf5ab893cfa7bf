using System.Text.Json;

namespace WaAspire.Messaging.Firestore;

/// <summary>A <see cref="DocumentQuery"/> as <c>structuredQuery</c>; the parent document is part of the URL, not of the body.</summary>
internal static class WireQuery
{
    private const string NameField = "__name__";

    /// <summary>The URL below <c>/v1/</c> that a query is posted to: its collection's parent document.</summary>
    public static string ParentOf(string documents, DocumentQuery query)
    {
        var segments = query.Collection.Split('/');
        return string.Join('/', segments.SkipLast(1).Select(Uri.EscapeDataString).Prepend(documents));
    }

    public static void Write(Utf8JsonWriter json, string documents, DocumentQuery query)
    {
        json.WriteStartObject("structuredQuery");
        json.WriteStartArray("from");
        json.WriteStartObject();
        json.WriteString("collectionId", query.Collection[(query.Collection.LastIndexOf('/') + 1)..]);
        json.WriteEndObject();
        json.WriteEndArray();
        WriteWhere(json, query.Where);
        WriteOrders(json, Orders(query));
        WriteCursor(json, documents, query);
        if (query.Limit is { } limit)
            json.WriteNumber("limit", limit);
        json.WriteEndObject();
    }

    // A cursor that names a document needs an order by name to compare with.
    private static IReadOnlyList<FieldOrder> Orders(DocumentQuery query) =>
        query.StartAfterPath is null || query.OrderBy.Any(order => order.Field == NameField)
            ? query.OrderBy
            : [.. query.OrderBy, new FieldOrder(NameField, query.OrderBy.Count > 0 && query.OrderBy[^1].Descending)];

    private static void WriteWhere(Utf8JsonWriter json, IReadOnlyList<FieldFilter> filters)
    {
        if (filters.Count == 0)
            return;
        json.WritePropertyName("where");
        if (filters.Count == 1)
        {
            WriteFilter(json, filters[0]);
            return;
        }
        json.WriteStartObject();
        json.WriteStartObject("compositeFilter");
        json.WriteString("op", "AND");
        json.WriteStartArray("filters");
        foreach (var filter in filters)
            WriteFilter(json, filter);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteFilter(Utf8JsonWriter json, FieldFilter filter)
    {
        var isNull = filter.Operator == FilterOperator.Equal && filter.Value.Kind == FirestoreValueKind.Null;
        json.WriteStartObject();
        json.WriteStartObject(isNull ? "unaryFilter" : "fieldFilter");
        WriteField(json, filter.Field);
        json.WriteString("op", isNull ? "IS_NULL" : OperatorName(filter.Operator));
        if (!isNull)
        {
            json.WritePropertyName("value");
            WireValue.Write(json, filter.Value);
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string OperatorName(FilterOperator filterOperator) => filterOperator switch
    {
        FilterOperator.Equal => "EQUAL",
        FilterOperator.In => "IN",
        FilterOperator.LessThan => "LESS_THAN",
        FilterOperator.LessThanOrEqual => "LESS_THAN_OR_EQUAL",
        FilterOperator.GreaterThan => "GREATER_THAN",
        FilterOperator.GreaterThanOrEqual => "GREATER_THAN_OR_EQUAL",
        _ => throw new ArgumentOutOfRangeException(nameof(filterOperator)),
    };

    private static void WriteOrders(Utf8JsonWriter json, IReadOnlyList<FieldOrder> orders)
    {
        if (orders.Count == 0)
            return;
        json.WriteStartArray("orderBy");
        foreach (var order in orders)
        {
            json.WriteStartObject();
            WriteField(json, order.Field);
            json.WriteString("direction", order.Descending ? "DESCENDING" : "ASCENDING");
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteCursor(Utf8JsonWriter json, string documents, DocumentQuery query)
    {
        if (query.StartAfter.Count == 0 && query.StartAfterPath is null)
            return;
        json.WriteStartObject("startAt");
        json.WriteStartArray("values");
        foreach (var value in query.StartAfter)
            WireValue.Write(json, value);
        if (query.StartAfterPath is { } path)
        {
            json.WriteStartObject();
            json.WriteString("referenceValue", $"{documents}/{path}");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteBoolean("before", false);
        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, string field)
    {
        json.WriteStartObject("field");
        json.WriteString("fieldPath", WireRequest.FieldPath(field));
        json.WriteEndObject();
    }
}
