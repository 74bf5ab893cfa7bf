using System.Text.Json;

namespace WaAspire.Tests.FirebaseEmulator.Queries;

public sealed class QueryTests(QueryFixture emulator) : IClassFixture<QueryFixture>
{
    private readonly EmulatorClient _client = emulator.Client();

    [Theory]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"EQUAL","value":{"doubleValue":2.0}}}""", "2,2d")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":5,"value":{"integerValue":"2"}}}""", "2,2d")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"LESS_THAN","value":{"integerValue":"2"}}}""", "nan,1")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"LESS_THAN_OR_EQUAL","value":{"stringValue":"x"}}}""", "text")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"GREATER_THAN","value":{"integerValue":"1"}}}""", "2,2d")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"GREATER_THAN_OR_EQUAL","value":{"integerValue":"2"}}}""", "2,2d")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"NOT_EQUAL","value":{"integerValue":"2"}}}""", "nan,1,text,list")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"IN","value":{"arrayValue":{"values":[{"integerValue":"1"},{"stringValue":"x"}]}}}}""", "1,text")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"NOT_IN","value":{"arrayValue":{"values":[{"integerValue":"1"},{"stringValue":"x"}]}}}}""", "nan,2,2d,list")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"NOT_IN","value":{"arrayValue":{"values":[{"nullValue":null}]}}}}""", "")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"ARRAY_CONTAINS","value":{"integerValue":"1"}}}""", "list")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"a"},"op":"ARRAY_CONTAINS_ANY","value":{"arrayValue":{"values":[{"integerValue":"7"},{"integerValue":"1"}]}}}}""", "list")]
    [InlineData("""{"unaryFilter":{"field":{"fieldPath":"a"},"op":"IS_NULL"}}""", "null")]
    [InlineData("""{"unaryFilter":{"field":{"fieldPath":"a"},"op":2}}""", "nan")]
    [InlineData("""{"unaryFilter":{"field":{"fieldPath":"a"},"op":"IS_NOT_NAN"}}""", "1,2,2d,text,list")]
    [InlineData("""{"unaryFilter":{"field":{"fieldPath":"a"},"op":"IS_NOT_NULL"}}""", "nan,1,2,2d,text,list")]
    [InlineData("""{"fieldFilter":{"field":{"fieldPath":"__name__"},"op":"GREATER_THAN","value":{"referenceValue":"…/ops/null"}}}""", "text")]
    [InlineData("""{"compositeFilter":{"op":"OR","filters":[{"unaryFilter":{"field":{"fieldPath":"a"},"op":"IS_NULL"}},{"fieldFilter":{"field":{"fieldPath":"a"},"op":"EQUAL","value":{"integerValue":"1"}}}]}}""", "1,null")]
    [InlineData("""{"compositeFilter":{"op":1,"filters":[{"fieldFilter":{"field":{"fieldPath":"a"},"op":4,"value":{"integerValue":"1"}}},{"fieldFilter":{"field":{"fieldPath":"a"},"op":1,"value":{"integerValue":"2"}}}]}}""", "1")]
    public async Task an_operator_matches_what_firestore_says_it_matches(string filter, string ids)
    {
        await _client.SetAsync("ops/missing", "");
        foreach (var (id, value) in new[]
        {
            ("null", """{"nullValue":null}"""), ("nan", """{"doubleValue":"NaN"}"""), ("1", """{"integerValue":"1"}"""), ("2", """{"integerValue":"2"}"""),
            ("2d", """{"doubleValue":2}"""), ("text", """{"stringValue":"x"}"""), ("list", """{"arrayValue":{"values":[{"integerValue":"1"}]}}"""),
        })
            await _client.SetAsync($"ops/{id}", $$""" "a":{{value}} """);
        var found = await _client.QueryAsync($$"""{"from":[{"collectionId":"ops"}],"where":{{filter}}}""");
        Assert.Equal(ids, string.Join(',', found.Select(path => path["ops/".Length..])));
    }

    [Fact]
    public async Task all_types_order_as_firestore_orders_them()
    {
        string[] ordered =
        [
            """{"nullValue":null}""", """{"booleanValue":false}""", """{"booleanValue":true}""",
            """{"doubleValue":"NaN"}""", """{"doubleValue":"-Infinity"}""", """{"integerValue":"-9223372036854775808"}""", """{"doubleValue":-0.5}""", """{"integerValue":"0"}""",
            """{"doubleValue":9007199254740992}""", """{"integerValue":"9007199254740993"}""", """{"integerValue":"9223372036854775807"}""", """{"doubleValue":9223372036854775808}""", """{"doubleValue":"Infinity"}""",
            """{"timestampValue":"1969-01-01T00:00:00Z"}""", """{"timestampValue":"2020-01-01T00:00:00.000001Z"}""",
            """{"stringValue":""}""", """{"stringValue":"a"}""", """{"stringValue":"aa"}""", """{"stringValue":"b"}""", "{\"stringValue\":\"\uFFFD\"}", "{\"stringValue\":\"\U0001F600\"}",
            """{"bytesValue":""}""", """{"bytesValue":"AQ=="}""", """{"bytesValue":"gA=="}""",
            """{"referenceValue":"…/a/b"}""", """{"referenceValue":"…/a/b/c/d"}""", """{"referenceValue":"…/a/b0"}""",
            """{"geoPointValue":{"latitude":-1,"longitude":9}}""", """{"geoPointValue":{"latitude":1,"longitude":-9}}""", """{"geoPointValue":{"latitude":1,"longitude":9}}""",
            """{"arrayValue":{}}""", """{"arrayValue":{"values":[{"integerValue":"1"}]}}""", """{"arrayValue":{"values":[{"integerValue":"1"},{"nullValue":null}]}}""", """{"arrayValue":{"values":[{"integerValue":"2"}]}}""",
            Vector("9"), Vector("1,1"),
            """{"mapValue":{}}""", """{"mapValue":{"fields":{"a":{"integerValue":"1"}}}}""", """{"mapValue":{"fields":{"a":{"integerValue":"1"},"b":{"nullValue":null}}}}""", """{"mapValue":{"fields":{"a":{"integerValue":"2"}}}}""", """{"mapValue":{"fields":{"b":{"integerValue":"0"}}}}""",
        ];
        // Stored under ids in another order, so that the order by name cannot pass for the order by value.
        for (var index = 0; index < ordered.Length; index++)
            await _client.SetAsync($"types/{(index * 17 % 41) + 10}-{index}", $$""" "v":{{ordered[index]}} """);

        var up = await _client.QueryAsync("""{"from":[{"collectionId":"types"}],"orderBy":[{"field":{"fieldPath":"v"}}]}""");
        Assert.Equal(Enumerable.Range(0, ordered.Length), up.Select(Index));
        var down = await _client.QueryAsync("""{"from":[{"collectionId":"types"}],"orderBy":[{"field":{"fieldPath":"v"},"direction":"DESCENDING"}]}""");
        Assert.Equal(Enumerable.Range(0, ordered.Length).Reverse(), down.Select(Index));

        static int Index(string path) => int.Parse(path.Split('-')[1]);

        static string Vector(string numbers) =>
            $$"""{"mapValue":{"fields":{"__type__":{"stringValue":"__vector__"},"value":{"arrayValue":{"values":[{{string.Join(',', numbers.Split(',').Select(number => $$"""{"doubleValue":{{number}}}"""))}}]} } } } }""";
    }

    [Fact]
    public async Task ids_order_by_their_bytes_with_numeric_ids_first()
    {
        foreach (var id in new[] { "b", "__id10__", "\U0001F600", "__id9__", "\uFFFD", "B", "10", "9" })
            await _client.SetAsync($"names/{id}", "");
        Assert.Equal(
            ["__id9__", "__id10__", "10", "9", "B", "b", "\uFFFD", "\U0001F600"],
            (await _client.QueryAsync("""{"from":[{"collectionId":"names"}]}""")).Select(path => path["names/".Length..]));
    }

    [Theory]
    [InlineData(""" "startAt":{"values":[{"integerValue":"2"}],"before":true} """, "3,4,5")]
    [InlineData(""" "startAt":{"values":[{"integerValue":"2"}]} """, "5")]
    [InlineData(""" "endAt":{"values":[{"integerValue":"2"}]} """, "1,2,3,4")]
    [InlineData(""" "endAt":{"values":[{"integerValue":"2"}],"before":true} """, "1,2")]
    [InlineData(""" "startAt":{"values":[{"integerValue":"2"},{"referenceValue":"…/q/3"}]} """, "4,5")]
    [InlineData(""" "startAt":{"values":[{"integerValue":"2"},{"referenceValue":"…/q/3"}],"before":true},"endAt":{"values":[{"integerValue":"2"}]} """, "3,4")]
    [InlineData(""" "offset":1,"limit":2 """, "2,3")]
    [InlineData(""" "limit":{"value":1} """, "1")]
    public async Task cursors_offset_and_limit_cut_the_ordered_result(string cut, string ids)
    {
        await FillAsync();
        var found = await _client.QueryAsync($$"""{"from":[{"collectionId":"q"}],"orderBy":[{"field":{"fieldPath":"b"} }],{{cut}} }""");
        Assert.Equal(ids, string.Join(',', found.Select(path => path["q/".Length..])));
    }

    [Fact]
    public async Task the_name_breaks_ties_in_the_direction_of_the_last_order()
    {
        await FillAsync();
        var down = await _client.QueryAsync("""{"from":[{"collectionId":"q"}],"orderBy":[{"field":{"fieldPath":"b"},"direction":2}]}""");
        Assert.Equal(["q/5", "q/4", "q/3", "q/2", "q/1"], down);
        var implied = await _client.QueryAsync("""{"from":[{"collectionId":"q"}],"where":{"fieldFilter":{"field":{"fieldPath":"b"},"op":3,"value":{"integerValue":"0"}}}}""");
        Assert.Equal(["q/1", "q/2", "q/3", "q/4", "q/5"], implied);
    }

    [Fact]
    public async Task an_offset_is_told_and_an_empty_result_is_one_element_with_a_read_time()
    {
        await FillAsync();
        var skipped = (await _client.PostAsync(":runQuery", """{"structuredQuery":{"from":[{"collectionId":"q"}],"offset":3}}""")).Ok().Json;
        Assert.Equal(3, skipped[0].GetProperty("skippedResults").GetInt32());
        var nothing = (await _client.PostAsync(":runQuery", """{"structuredQuery":{"from":[{"collectionId":"nothing"}]}}""")).Ok().Json;
        Assert.Equal("readTime", Assert.Single(Assert.Single(nothing.EnumerateArray()).EnumerateObject()).Name);
    }

    [Fact]
    public async Task select_gives_the_named_fields_and_of_the_name_alone_no_fields()
    {
        await FillAsync();
        var one = (await _client.PostAsync(":runQuery", """{"structuredQuery":{"from":[{"collectionId":"q"}],"select":{"fields":[{"fieldPath":"b"},{"fieldPath":"nope"}]},"limit":1}}""")).Ok().Json;
        Assert.Equal("""{"b":{"integerValue":"1"}}""", one[0].GetProperty("document").GetProperty("fields").GetRawText());
        var none = (await _client.PostAsync(":runQuery", """{"structuredQuery":{"from":[{"collectionId":"q"}],"select":{"fields":[{"fieldPath":"__name__"}]},"limit":1}}""")).Ok().Json;
        Assert.False(none[0].GetProperty("document").TryGetProperty("fields", out _));
    }

    [Fact]
    public async Task a_collection_group_spans_all_parents_and_a_collection_only_its_own()
    {
        await _client.SetAsync("group/top", """ "n":{"integerValue":"2"} """);
        await _client.SetAsync("x/1/group/deep", """ "n":{"integerValue":"1"} """);
        await _client.SetAsync("x/1/y/2/group/deeper", """ "n":{"integerValue":"3"} """);
        const string Ordered = """{"from":[{"collectionId":"group","allDescendants":true}],"orderBy":[{"field":{"fieldPath":"n"}}]}""";
        Assert.Equal(["x/1/group/deep", "group/top", "x/1/y/2/group/deeper"], await _client.QueryAsync(Ordered));
        Assert.Equal(["x/1/group/deep", "x/1/y/2/group/deeper"], await _client.QueryAsync(Ordered, "/x/1"));
        Assert.Equal(["group/top"], await _client.QueryAsync("""{"from":[{"collectionId":"group"}]}"""));
    }

    [Fact]
    public async Task a_query_over_all_collections_takes_the_bounds_that_a_recursive_delete_sends()
    {
        foreach (var path in new[] { "outbox/a", "outbox/a/sub/k", "outbox2/b", "other/c" })
            await _client.SetAsync(path, "");
        Assert.Equal(["outbox/a", "outbox/a/sub/k"], await _client.QueryAsync("""
            {"from":[{"allDescendants":true}],"select":{"fields":[{"fieldPath":"__name__"}]},"where":{"compositeFilter":{"filters":[
             {"fieldFilter":{"field":{"fieldPath":"__name__"},"op":4,"value":{"referenceValue":"…/outbox/__id-9223372036854775808__"}}},
             {"fieldFilter":{"field":{"fieldPath":"__name__"},"op":1,"value":{"referenceValue":"…/outbox\u0000/__id-9223372036854775808__"}}}],"op":1}},"limit":5000}
            """));
    }

    [Fact]
    public async Task aggregations_count_add_and_average_what_the_query_returns()
    {
        await FillAsync();
        await _client.SetAsync("q/6", """ "b":{"stringValue":"no number"} """);
        var fields = (await _client.PostAsync(":runAggregationQuery", """
            {"structuredAggregationQuery":{"aggregations":[{"count":{}},{"count":{"upTo":"2"},"alias":"few"},{"sum":{"field":{"fieldPath":"b"}},"alias":"sum"},{"avg":{"field":{"fieldPath":"b"}},"alias":"avg"}],
             "structuredQuery":{"from":[{"collectionId":"q"}]}}}
            """)).Ok().Json[0].GetProperty("result").GetProperty("aggregateFields");
        Assert.Equal("""{"field_1":{"integerValue":"6"},"few":{"integerValue":"2"},"sum":{"integerValue":"9"},"avg":{"doubleValue":1.8}}""", fields.GetRawText());
        var nothing = (await _client.PostAsync(":runAggregationQuery", """
            {"structuredAggregationQuery":{"aggregations":[{"sum":{"field":{"fieldPath":"b"}},"alias":"sum"},{"avg":{"field":{"fieldPath":"b"}},"alias":"avg"}],"structuredQuery":{"from":[{"collectionId":"nothing"}]}}}
            """)).Ok().Json[0].GetProperty("result").GetProperty("aggregateFields");
        Assert.Equal("""{"sum":{"integerValue":"0"},"avg":{"nullValue":null}}""", nothing.GetRawText());
    }

    [Fact]
    public async Task a_sum_of_integers_that_overflows_becomes_a_double()
    {
        await _client.SetAsync("sums/1", """ "n":{"integerValue":"9223372036854775807"} """);
        await _client.SetAsync("sums/2", """ "n":{"integerValue":"9223372036854775807"} """);
        var answer = (await _client.PostAsync(":runAggregationQuery", """
            {"structuredAggregationQuery":{"aggregations":[{"sum":{"field":{"fieldPath":"n"}},"alias":"sum"}],"structuredQuery":{"from":[{"collectionId":"sums"}]}}}
            """)).Ok().Json[0].GetProperty("result").GetProperty("aggregateFields").GetProperty("sum");
        Assert.Equal(18446744073709551614.0, answer.GetProperty("doubleValue").GetDouble());
    }

    [Fact]
    public async Task a_collection_group_is_cut_into_partitions()
    {
        for (var index = 0; index < 9; index++)
            await _client.SetAsync($"parts/{index}", "");
        var answer = (await _client.PostAsync(":partitionQuery", """
            {"structuredQuery":{"from":[{"collectionId":"parts","allDescendants":true}],"orderBy":[{"field":{"fieldPath":"__name__"},"direction":1}]},"partitionCount":"2"}
            """)).Ok().Json.GetProperty("partitions");
        Assert.Equal(["3", "6"], answer.EnumerateArray().Select(cursor => cursor.GetProperty("values")[0].GetProperty("referenceValue").GetString()!.Split('/')[^1]));
    }

    [Theory]
    [InlineData(""" "where":{"fieldFilter":{"field":{"fieldPath":"a"},"op":"IN","value":{"arrayValue":{}}}} """)]
    [InlineData(""" "where":{"fieldFilter":{"field":{"fieldPath":"__name__"},"op":"EQUAL","value":{"stringValue":"x"}}} """)]
    [InlineData(""" "where":{"compositeFilter":{"op":"AND","filters":[{"fieldFilter":{"field":{"fieldPath":"a"},"op":"NOT_EQUAL","value":{"integerValue":"1"}}},{"fieldFilter":{"field":{"fieldPath":"a"},"op":"NOT_EQUAL","value":{"integerValue":"2"}}}]}} """)]
    [InlineData(""" "where":{"compositeFilter":{"op":"AND","filters":[{"fieldFilter":{"field":{"fieldPath":"tags"},"op":"ARRAY_CONTAINS","value":{"integerValue":"1"}}},{"fieldFilter":{"field":{"fieldPath":"tags"},"op":"ARRAY_CONTAINS","value":{"integerValue":"2"}}}]}} """)]
    [InlineData(""" "startAt":{"values":[{"integerValue":"1"},{"integerValue":"1"}]} """)]
    [InlineData(""" "limit":-1 """)]
    [InlineData(""" "orderBy":[{"field":{"fieldPath":"a"}},{"field":{"fieldPath":"a"}}] """)]
    [InlineData(""" "nope":1 """)]
    public async Task a_query_that_firestore_does_not_allow_is_an_invalid_argument(string part) => Assert.Equal(
        "400 INVALID_ARGUMENT",
        (await _client.PostAsync(":runQuery", $$"""{"structuredQuery":{"from":[{"collectionId":"q"}],{{part}} } }""")).Refusal);

    [Theory]
    [InlineData(30, 1, true)]
    [InlineData(31, 1, false)]
    [InlineData(5, 6, true)]
    [InlineData(7, 5, false)]
    public async Task thirty_disjunctions_are_allowed_and_no_more(int first, int second, bool allowed)
    {
        var answer = await _client.PostAsync(":runQuery", $$"""
            {"structuredQuery":{"from":[{"collectionId":"q"}],"where":{"compositeFilter":{"op":"AND","filters":[{{In("a", first)}},{{In("b", second)}}]} } } }
            """);
        Assert.Equal(allowed, answer.Status == System.Net.HttpStatusCode.OK);

        static string In(string field, int count) =>
            $$"""{"fieldFilter":{"field":{"fieldPath":"{{field}}"},"op":"IN","value":{"arrayValue":{"values":[{{string.Join(',', Enumerable.Range(0, count).Select(number => $$"""{"integerValue":"{{number}}"}"""))}}]} } } }""";
    }

    [Fact]
    public async Task a_large_collection_is_searched_through_indexes_with_the_same_result()
    {
        var client = emulator.Client();
        await client.WriteAsync([.. Enumerable.Range(0, 300).Select(index => Row(index, index % 3))]);
        const string Query = """
            {"from":[{"collectionId":"q"}],"where":{"compositeFilter":{"op":"AND","filters":[
             {"fieldFilter":{"field":{"fieldPath":"a"},"op":"IN","value":{"arrayValue":{"values":[{"integerValue":"1"},{"integerValue":"2"}]}}}},
             {"fieldFilter":{"field":{"fieldPath":"b"},"op":"GREATER_THAN_OR_EQUAL","value":{"integerValue":"290"}}}]}}}
            """;
        Assert.Equal(["q/290", "q/292", "q/293", "q/295", "q/296", "q/298", "q/299"], await client.QueryAsync(Query));
        // Indexes were built by the first query; changes must reach them.
        await client.WriteAsync(Row(291, 1), Row(290, 0), """{"delete":"…/q/299"}""");
        Assert.Equal(["q/291", "q/292", "q/293", "q/295", "q/296", "q/298"], await client.QueryAsync(Query));

        static string Row(int index, int a) =>
            $$"""{"update":{"name":"…/q/{{index:000}}","fields":{"a":{"integerValue":"{{a}}"},"b":{"integerValue":"{{index}}"} } } }""";
    }

    private Task<Answer> FillAsync() => _client.WriteAsync(
        [.. new[] { 1, 1, 2, 2, 3 }.Select((b, index) => $$"""{"update":{"name":"…/q/{{index + 1}}","fields":{"b":{"integerValue":"{{b}}"} } } }""")]);
}
