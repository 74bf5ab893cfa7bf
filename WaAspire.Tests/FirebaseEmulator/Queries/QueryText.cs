namespace WaAspire.Tests.FirebaseEmulator.Queries;

/// <summary>Writes a structured query from words: filters <c>a EQUAL,b IN</c>, orders <c>a,b desc</c>.</summary>
internal static class QueryText
{
    public static string Of(string collection, string filters, string orders, bool group = false, string extra = "")
    {
        var where = Split(filters).Select(filter => Filter(filter[0], filter[1])).ToList();
        var orderBy = Split(orders).Select(order => $$"""{"field":{"fieldPath":"{{order[0]}}"},"direction":"{{(order.Length > 1 ? "DESCENDING" : "ASCENDING")}}"}""");
        return $$"""
            {"from":[{"collectionId":"{{collection}}","allDescendants":{{(group ? "true" : "false")}}}],
             {{(where.Count == 0 ? "" : $$""" "where":{"compositeFilter":{"op":"AND","filters":[{{string.Join(',', where)}}]} }, """)}}
             "orderBy":[{{string.Join(',', orderBy)}}]{{extra}}}
            """;
    }

    private static IEnumerable<string[]> Split(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split(' '));

    private static string Filter(string field, string operation)
    {
        var value = operation is "IN" ? """{"arrayValue":{"values":[{"integerValue":"1"},{"integerValue":"2"}]}}""" : """{"integerValue":"1"}""";
        return $$"""{"fieldFilter":{"field":{"fieldPath":"{{field}}"},"op":"{{operation}}","value":{{value}} } }""";
    }
}
