using System.Text.Json;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>Reads a structured query; enums come by name (web) or by number (Node).</summary>
internal static class QueryJson
{
    private static readonly string[] Directions = ["DIRECTION_UNSPECIFIED", "ASCENDING", "DESCENDING"];
    private static readonly string[] CompositeOperators = ["OPERATOR_UNSPECIFIED", "AND", "OR"];
    private static readonly string[] UnaryOperators = ["OPERATOR_UNSPECIFIED", "_", "IS_NAN", "IS_NULL", "IS_NOT_NAN", "IS_NOT_NULL"];

    private static readonly string[] FieldOperators =
    [
        "OPERATOR_UNSPECIFIED", "LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL", "EQUAL",
        "NOT_EQUAL", "ARRAY_CONTAINS", "IN", "ARRAY_CONTAINS_ANY", "NOT_IN",
    ];

    /// <param name="parent">The path of the document in the address, empty at the root.</param>
    public static Query Read(JsonElement element, string parent)
    {
        var from = new List<QuerySource>();
        var query = new Query(new QuerySource(parent, null, true));
        foreach (var (name, value) in RequestJson.Members(element))
        {
            switch (name)
            {
                case "from": from.AddRange(RequestJson.Items(value).Select(source => ReadSource(source, parent))); break;
                case "where": query = query with { Where = ReadFilter(value) }; break;
                case "orderBy": query = query with { Orders = [.. RequestJson.Items(value).Select(ReadOrder)] }; break;
                case "startAt": query = query with { StartAt = ReadCursor(value) }; break;
                case "endAt": query = query with { EndAt = ReadCursor(value) }; break;
                case "offset": query = query with { Offset = RequestJson.Count(value, name) }; break;
                case "limit": query = query with { Limit = RequestJson.Count(value, name) }; break;
                case "select": query = query with { Select = ReadSelect(value) }; break;
                case "findNearest": throw new RpcException(RpcCode.Unimplemented, "Vector search is not part of this emulator.");
                default: throw RequestJson.Unknown(name);
            }
        }

        return from is [var source]
            ? QueryRules.Complete(query with { From = source })
            : throw RpcException.Invalid("A query reads from exactly one collection.");
    }

    /// <summary>The <c>orderBy</c> of a list call: <c>a desc, b</c>.</summary>
    public static IReadOnlyList<Order> ReadOrders(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(part => part.Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
        {
            [var field] => new Order(FieldPath.Parse(field), false),
            [var field, "asc" or "ASC"] => new Order(FieldPath.Parse(field), false),
            [var field, "desc" or "DESC"] => new Order(FieldPath.Parse(field), true),
            _ => throw RpcException.Invalid($"Invalid order \"{text}\"."),
        }),
    ];

    public static Cursor ReadCursor(JsonElement element)
    {
        var cursor = new Cursor([], false);
        foreach (var (name, value) in RequestJson.Members(element))
        {
            cursor = name switch
            {
                "values" => cursor with { Values = [.. RequestJson.Items(value).Select(ValueJson.Read)] },
                "before" => cursor with { Before = RequestJson.Boolean(value) },
                _ => throw RequestJson.Unknown(name),
            };
        }

        return cursor;
    }

    public static FieldPath ReadField(JsonElement element)
    {
        FieldPath? field = null;
        foreach (var (name, value) in RequestJson.Members(element))
            field = name == "fieldPath" ? FieldPath.Parse(RequestJson.Text(value)) : throw RequestJson.Unknown(name);
        return field ?? throw RpcException.Invalid("A field reference needs a fieldPath.");
    }

    private static QuerySource ReadSource(JsonElement element, string parent)
    {
        string? id = null;
        var all = false;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            if (name == "collectionId")
                id = RequestJson.Text(value);
            else if (name == "allDescendants")
                all = RequestJson.Boolean(value);
            else
                throw RequestJson.Unknown(name);
        }

        id = string.IsNullOrEmpty(id) ? null : id;
        if (id is null && !all)
            throw RpcException.Invalid("A query names its collection or takes all descendants.");
        if (id is not null)
            DocumentPath.CheckIds([id]);
        return new(parent, id, all);
    }

    private static Filter ReadFilter(JsonElement element)
    {
        Filter? filter = null;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            filter = name switch
            {
                _ when filter is not null => throw RpcException.Invalid("A filter has exactly one type."),
                "compositeFilter" => ReadComposite(value),
                "fieldFilter" => ReadFieldFilter(value),
                "unaryFilter" => ReadUnary(value),
                _ => throw RequestJson.Unknown(name),
            };
        }

        return filter ?? throw RpcException.Invalid("A filter must have a type.");
    }

    private static CompositeFilter ReadComposite(JsonElement element)
    {
        var any = 0;
        IReadOnlyList<Filter> filters = [];
        foreach (var (name, value) in RequestJson.Members(element))
        {
            if (name == "op")
                any = RequestJson.Enum(value, CompositeOperators);
            else if (name == "filters")
                filters = [.. RequestJson.Items(value).Select(ReadFilter)];
            else
                throw RequestJson.Unknown(name);
        }

        return any > 0 && filters.Count > 0
            ? new(any == 2, filters)
            : throw RpcException.Invalid("A composite filter needs an operator and at least one filter.");
    }

    private static FieldFilter ReadFieldFilter(JsonElement element)
    {
        FieldPath? field = null;
        Value? operand = null;
        var operation = FieldOperator.Unspecified;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            switch (name)
            {
                case "field": field = ReadField(value); break;
                case "op": operation = (FieldOperator)RequestJson.Enum(value, FieldOperators); break;
                case "value": operand = ValueJson.Read(value); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        return field is not null && operand is not null && operation != FieldOperator.Unspecified
            ? new(field, operation, operand)
            : throw RpcException.Invalid("A field filter needs a field, an operator and a value.");
    }

    private static FieldFilter ReadUnary(JsonElement element)
    {
        FieldPath? field = null;
        var operation = FieldOperator.Unspecified;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            if (name == "field")
                field = ReadField(value);
            else if (name == "op")
                operation = Unary(RequestJson.Enum(value, UnaryOperators));
            else
                throw RequestJson.Unknown(name);
        }

        return field is not null && operation != FieldOperator.Unspecified
            ? new(field, operation, NullValue.Instance)
            : throw RpcException.Invalid("A unary filter needs a field and an operator.");
    }

    private static FieldOperator Unary(int number) => number >= 2 ? FieldOperator.IsNan + (number - 2) : FieldOperator.Unspecified;

    private static Order ReadOrder(JsonElement element)
    {
        FieldPath? field = null;
        var descending = false;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            if (name == "field")
                field = ReadField(value);
            else if (name == "direction")
                descending = RequestJson.Enum(value, Directions) == 2;
            else
                throw RequestJson.Unknown(name);
        }

        return new(field ?? throw RpcException.Invalid("An order needs a field."), descending);
    }

    private static IReadOnlyList<FieldPath>? ReadSelect(JsonElement element)
    {
        List<FieldPath>? fields = null;
        foreach (var (name, value) in RequestJson.Members(element))
            fields = name == "fields" ? [.. RequestJson.Items(value).Select(ReadField)] : throw RequestJson.Unknown(name);
        return fields is null or [] ? null : [.. fields.Where(field => !field.IsDocumentName)];
    }
}
