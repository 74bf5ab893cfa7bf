namespace WaAspire.Tests.FirebaseEmulator.Rules;

/// <summary>Pairs of a query that proves a condition and one that leaves it open.</summary>
public sealed class QueryProofTests
{
    private const string Alice = """{"stringValue":"alice"}""";
    private const string Bob = """{"stringValue":"bob"}""";
    private const string Mine = "resource.data.owner == request.auth.uid";
    private const string MineOrPublic = "resource.data.owner == request.auth.uid || resource.data.open == true";

    public static TheoryData<string, string, bool> Cases() => new()
    {
        // Nothing is asked of the document.
        { "true", "", true },
        { "request.auth.uid == 'alice'", "", true },
        { "request.auth.uid == 'bob'", "", false },
        { "exists(/databases/$(database)/documents/users/$(request.auth.uid))", "", true },
        { "resource == null", "", false },
        { "resource != null", "", true },
        { "resource.data is map", "", true },

        // Equality pins a field.
        { Mine, "", false },
        { Mine, Field("owner", "EQUAL", Alice), true },
        { Mine, Field("owner", "EQUAL", Bob), false },
        { Mine, Field("other", "EQUAL", Alice), false },
        { Mine, Field("owner", "NOT_EQUAL", Bob), false },
        { Mine, And(Field("owner", "EQUAL", Alice), Field("x", "EQUAL", Bob)), true },
        { "resource.data.owner != 'bob'", Field("owner", "EQUAL", Alice), true },
        { "resource.data.owner == null", Unary("owner", "IS_NULL"), true },
        { "resource.data.owner == null", "", false },
        { "resource.data.map.owner == request.auth.uid", Field("map.owner", "EQUAL", Alice), true },
        { "resource.data.map.owner == request.auth.uid", Field("map", "EQUAL", """{"mapValue":{"fields":{"owner":{"stringValue":"alice"}}}}"""), true },
        { "resource.data['map']['owner'] == request.auth.uid", Field("map.owner", "EQUAL", Alice), true },
        { "resource.data.map is map", Field("map.owner", "EQUAL", Alice), true },
        { "resource.data.owner in ['alice', 'carol']", Field("owner", "EQUAL", Alice), true },
        { "resource.data.owner in ['carol']", Field("owner", "EQUAL", Alice), false },
        { "resource.data.n == 2", Field("n", "EQUAL", """{"integerValue":"2"}"""), true },
        { "resource.data.n == 2", Field("n", "EQUAL", """{"doubleValue":2.0}"""), true },
        { "resource.data.n is number", Field("n", "EQUAL", """{"integerValue":"2"}"""), true },
        { "resource.data.n is int", Field("n", "EQUAL", """{"integerValue":"2"}"""), false },
        { "resource.data.n in [1, 2]", Field("n", "EQUAL", """{"integerValue":"2"}"""), true },
        { "exists(/databases/$(database)/documents/users/$(resource.data.owner))", Field("owner", "EQUAL", Alice), true },
        { "exists(/databases/$(database)/documents/users/$(resource.data.owner))", "", false },
        { "get(/databases/$(database)/documents/users/$(resource.data.owner)).data.role == 'admin'", Field("owner", "EQUAL", Bob), false },

        // Each value of an IN, and each branch of an OR, must pass by itself.
        { "resource.data.owner in ['alice', 'bob']", Field("owner", "IN", $$"""{"arrayValue":{"values":[{{Alice}},{{Bob}}]} }"""), true },
        { Mine, Field("owner", "IN", $$"""{"arrayValue":{"values":[{{Alice}},{{Bob}}]} }"""), false },
        { Mine, Field("owner", "IN", $$"""{"arrayValue":{"values":[{{Alice}}]} }"""), true },
        { MineOrPublic, Or(Field("owner", "EQUAL", Alice), Field("open", "EQUAL", """{"booleanValue":true}""")), true },
        { MineOrPublic, Or(Field("owner", "EQUAL", Alice), Field("open", "EQUAL", """{"booleanValue":false}""")), false },
        { MineOrPublic, Or(Field("owner", "EQUAL", Alice), Field("other", "EQUAL", Alice)), false },
        { MineOrPublic, Field("open", "EQUAL", """{"booleanValue":true}"""), true },

        // A range bounds it.
        { "resource.data.n >= 18", Field("n", "GREATER_THAN_OR_EQUAL", """{"integerValue":"18"}"""), true },
        { "resource.data.n > 17", Field("n", "GREATER_THAN_OR_EQUAL", """{"integerValue":"18"}"""), true },
        { "resource.data.n > 18", Field("n", "GREATER_THAN_OR_EQUAL", """{"integerValue":"18"}"""), false },
        { "resource.data.n > 18", Field("n", "GREATER_THAN", """{"integerValue":"18"}"""), true },
        { "resource.data.n < 18", Field("n", "GREATER_THAN", """{"integerValue":"18"}"""), false },
        { "resource.data.n < 10", Field("n", "LESS_THAN", """{"integerValue":"10"}"""), true },
        { "10 > resource.data.n", Field("n", "LESS_THAN", """{"integerValue":"10"}"""), true },
        { "resource.data.n < 10", Field("n", "LESS_THAN", """{"integerValue":"11"}"""), false },
        { "resource.data.n <= 10 && resource.data.n >= 1", And(Field("n", "LESS_THAN", """{"integerValue":"10"}"""), Field("n", "GREATER_THAN", """{"integerValue":"1"}""")), true },
        { "resource.data.n != 0", Field("n", "GREATER_THAN", """{"integerValue":"0"}"""), true },
        { "resource.data.n != 'zero'", Field("n", "GREATER_THAN", """{"integerValue":"0"}"""), true },
        { "!(resource.data.n > 5)", Field("n", "LESS_THAN_OR_EQUAL", """{"integerValue":"5"}"""), true },
        { "resource.data.n is number", Field("n", "GREATER_THAN", """{"integerValue":"0"}"""), true },
        { "resource.data.n is string", Field("n", "GREATER_THAN", """{"integerValue":"0"}"""), false },
        { "resource.data.s < 'm'", Field("s", "LESS_THAN", """{"stringValue":"b"}"""), true },
        { "resource.data.s < 'm'", Field("s", "LESS_THAN", """{"stringValue":"z"}"""), false },
        { "resource.data.at < request.time", Field("at", "LESS_THAN", """{"timestampValue":"2025-01-01T00:00:00Z"}"""), true },
        { "resource.data.at < request.time", Field("at", "LESS_THAN", """{"timestampValue":"2030-01-01T00:00:00Z"}"""), false },
        { "resource.data.owner != 'bob'", Field("owner", "NOT_EQUAL", Bob), true },
        { "resource.data.owner != null", Field("owner", "NOT_EQUAL", Bob), true },
        { "resource.data.owner != 'carol'", Field("owner", "NOT_EQUAL", Bob), false },
        { "!(resource.data.owner in ['bob'])", Field("owner", "NOT_IN", $$"""{"arrayValue":{"values":[{{Bob}}]} }"""), true },

        // Lists, presence.
        { "request.auth.uid in resource.data.members", Field("members", "ARRAY_CONTAINS", Alice), true },
        { "request.auth.uid in resource.data.members", Field("members", "ARRAY_CONTAINS", Bob), false },
        { "request.auth.uid in resource.data.members", "", false },
        { "request.auth.uid in resource.data.members", Field("members", "ARRAY_CONTAINS_ANY", $$"""{"arrayValue":{"values":[{{Alice}},{{Bob}}]} }"""), false },
        { "resource.data.members.hasAny([request.auth.uid])", Field("members", "ARRAY_CONTAINS", Alice), true },
        { "resource.data.members.hasAll([request.auth.uid])", Field("members", "ARRAY_CONTAINS", Alice), true },
        { "resource.data.members.toSet().hasAny([request.auth.uid])", Field("members", "ARRAY_CONTAINS", Alice), true },
        { "resource.data.members.hasOnly([request.auth.uid])", Field("members", "ARRAY_CONTAINS", Alice), false },
        { "resource.data.members.size() == 1", Field("members", "ARRAY_CONTAINS", Alice), false },
        { "'owner' in resource.data", Field("owner", "NOT_EQUAL", Bob), true },
        { "'owner' in resource.data", "", false },
        { "!('owner' in resource.data)", "", false },
        { "resource.data.keys().hasAll(['owner'])", Field("owner", "EQUAL", Alice), false },
        { "resource.data.get('owner', '') == 'alice'", Field("owner", "EQUAL", Alice), true },
        { "resource.data.get('owner', 'alice') == 'alice'", "", false },

        // An open side may be anything, also an error, but the other side may decide.
        { "resource.data.x == 1 || true", "", true },
        { "true || resource.data.x == 1", "", true },
        { "resource.data.x == 1 && false", "", false },
        { "!(resource.data.x == 1 && false)", "", true },
        { "!(resource.data.x == 1)", "", false },
        { "resource.data.x == 1 || !(resource.data.x == 1)", "", false },
        { "resource.data.x == 1 ? true : true", "", false },
        { "resource.data.x == resource.data.x", "", false },
        { "[resource.data.x] == [1]", Field("x", "EQUAL", """{"integerValue":"1"}"""), false },
        { "resource.data.s.size() < 9", Field("s", "LESS_THAN", """{"stringValue":"b"}"""), false },
        { "resource.data[''] == 1", "", false },

        // The document's id is open unless the query names it.
        { "id == 'd'", "", false },
        { "id == 'd'", Name("EQUAL", "docs/d"), true },
        { "resource.id == 'd'", Name("EQUAL", "docs/d"), true },
        { "id == request.auth.uid", Name("EQUAL", "docs/alice"), true },
        { "id == request.auth.uid", Name("EQUAL", "docs/bob"), false },
        { "id == request.auth.uid", Name("GREATER_THAN", "docs/alice"), false },
        { "id is string", "", true },
        { "id is path", "", false },
        { "database == '(default)'", "", true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void a_query_is_allowed_only_if_it_proves_the_condition(string condition, string where, bool allowed) =>
        Assert.Equal(allowed, Stage.QueryRefusal(Stage.Rules($"allow list: if {condition};"), Query("docs", where)) is null);

    [Theory]
    [InlineData("function mine(owner) { return owner == request.auth.uid; } allow list: if mine(resource.data.owner);", true)]
    [InlineData("function mine(data) { return data.owner == request.auth.uid; } allow list: if mine(resource.data);", true)]
    [InlineData("function mine() { let owner = resource.data.owner; return owner == request.auth.uid; } allow list: if mine();", true)]
    [InlineData("function any(other) { return true; } allow list: if any(resource.data.other);", false)]
    [InlineData("allow list: if resource.data.other == 1; allow list: if resource.data.owner == 'alice';", true)]
    [InlineData("allow get: if true;", false)]
    public void what_a_query_proves_goes_through_functions_and_statements(string body, bool allowed) =>
        Assert.Equal(allowed, Stage.QueryRefusal(Stage.Rules(body), Query("docs", Field("owner", "EQUAL", Alice))) is null);

    [Theory]
    [InlineData("/{above=**}/items/{id}", true)]
    [InlineData("/{all=**}", true)]
    [InlineData("/items/{id}", false)]
    [InlineData("/docs/{d}/items/{id}", false)]
    [InlineData("/{above=**}/other/{id}", false)]
    [InlineData("/docs/{d}/{below=**}", false)]
    [InlineData("/{above=**}/items/i", false)]
    public void a_collection_group_needs_a_pattern_for_every_place_where_it_may_lie(string pattern, bool allowed)
    {
        var rules = $$"""
            rules_version = '2';
            service cloud.firestore { match /databases/{database}/documents { match {{pattern}} { allow list; } } }
            """;
        Assert.Equal(allowed, Stage.QueryRefusal(rules, """{"from":[{"collectionId":"items","allDescendants":true}]}""") is null);
        Assert.Equal(pattern == "/{all=**}", Stage.QueryRefusal(rules, """{"from":[{"allDescendants":true}]}""") is null);
    }

    [Fact]
    public void an_order_shows_that_the_field_is_there()
    {
        var rules = Stage.Rules("allow list: if 'at' in resource.data;");
        Assert.NotNull(Stage.QueryRefusal(rules, Query("docs", "")));
        Assert.Null(Stage.QueryRefusal(rules, """{"from":[{"collectionId":"docs"}],"orderBy":[{"field":{"fieldPath":"at"}}]}"""));
    }

    private static string Query(string collection, string where) =>
        $$"""{"from":[{"collectionId":"{{collection}}"}]{{(where.Length == 0 ? "" : $",\"where\":{where}")}} }""";

    private static string Field(string path, string operation, string value) =>
        $$"""{"fieldFilter":{"field":{"fieldPath":"{{path}}"},"op":"{{operation}}","value":{{value}} } }""";

    private static string Unary(string path, string operation) =>
        $$"""{"unaryFilter":{"field":{"fieldPath":"{{path}}"},"op":"{{operation}}"} }""";

    private static string Name(string operation, string path) =>
        Field("__name__", operation, $$"""{"referenceValue":"projects/p/databases/(default)/documents/{{path}}"}""");

    private static string And(params string[] filters) => Composite("AND", filters);

    private static string Or(params string[] filters) => Composite("OR", filters);

    private static string Composite(string operation, string[] filters) =>
        $$"""{"compositeFilter":{"op":"{{operation}}","filters":[{{string.Join(',', filters)}}]} }""";
}
