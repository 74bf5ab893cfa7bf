using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

public sealed class ReadTests
{
    private const string ReadTime = "2026-01-31T12:00:05.123456Z";

    private const string OneDocument = """
        [{"missing":"projects/demo-test/databases/(default)/documents/outbox/b","readTime":"2026-01-31T12:00:05.123457Z"},
         {"found":{"name":"projects/demo-test/databases/%28default%29/documents/outbox/a","createTime":"2026-01-31T12:00:00Z",
          "updateTime":"2026-01-31T12:00:01.5Z","fields":{
            "double":{"doubleValue":1.5},"nan":{"doubleValue":"NaN"},"bytes":{"bytesValue":"AAEC"},"geo":{"geoPointValue":{"latitude":1,"longitude":2}},
            "reference":{"referenceValue":"projects/p/databases/d/documents/c/x"},"empty":{"mapValue":{}},"none":{"arrayValue":{}},
            "at":{"timestampValue":"2026-01-31T12:00:00.123456789Z"},"list":{"arrayValue":{"values":[{"integerValue":"7"},{"nullValue":null}]}},
            "vector":{"mapValue":{"fields":{"__type__":{"stringValue":"__vector__"},"value":{"arrayValue":{"values":[{"doubleValue":1}]}}}}}}},
          "readTime":"2026-01-31T12:00:05.123456Z"}]
        """;

    [Fact]
    public async Task documents_that_exist_are_returned_with_the_earliest_read_time()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.AnswerAsync(OneDocument));
        using var firestore = new FirestoreUnderTest(server.Url);

        var read = await firestore.Client.GetAsync(["outbox/a", "outbox/b"], "test", CancellationToken.None);

        var document = Assert.Single(read.Documents);
        Assert.Equal("outbox/a", document.Path);
        Assert.Equal(DateTimeOffset.Parse("2026-01-31T12:00:01.5Z"), document.UpdateTime);
        Assert.Equal(DateTimeOffset.Parse(ReadTime), read.ReadTime);
        Assert.True(firestore.Clock.Now >= read.ReadTime);
        Assert.Equal(2, firestore.Cost.Snapshot()[("read", "test")]);
    }

    [Fact]
    public async Task what_is_read_can_be_written_back_without_loss()
    {
        await using var server = await ScriptedFirestore.StartAsync(
            call => call.Method == "commit" ? call.CommitAsync() : call.AnswerAsync(OneDocument));
        using var firestore = new FirestoreUnderTest(server.Url);

        var read = await firestore.Client.GetAsync(["outbox/a"], "test", CancellationToken.None);
        await firestore.Client.CommitAsync([DocumentWrite.Set("outbox/a", read.Documents[0].Fields)], "test", CancellationToken.None);

        Assert.Equal(
            """{"double":{"doubleValue":1.5},"nan":{"doubleValue":"NaN"},"bytes":{"bytesValue":"AAEC"},"geo":{"geoPointValue":{"latitude":1,"longitude":2}},"reference":{"referenceValue":"projects/p/databases/d/documents/c/x"},"empty":{"mapValue":{"fields":{}}},"none":{"arrayValue":{"values":[]}},"at":{"timestampValue":"2026-01-31T12:00:00.123456Z"},"list":{"arrayValue":{"values":[{"integerValue":"7"},{"nullValue":null}]}},"vector":{"mapValue":{"fields":{"__type__":{"stringValue":"__vector__"},"value":{"arrayValue":{"values":[{"doubleValue":1}]}}}}}}""",
            server.Calls.Last().Body.GetProperty("writes")[0].GetProperty("update").GetProperty("fields").GetRawText());
    }

    [Fact]
    public async Task a_query_says_what_firestore_understands_and_finding_nothing_costs_one_read()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.AnswerAsync($$"""[{"readTime":"{{ReadTime}}"}]"""));
        using var firestore = new FirestoreUnderTest(server.Url);

        var read = await firestore.Client.QueryAsync(
            new DocumentQuery("threads/a b@c/messages")
            {
                Where = [FieldFilter.In("status", ["queued"]), FieldFilter.Equal("gone", FirestoreValue.Null)],
                OrderBy = [new FieldOrder("orderAt", Descending: true)],
                StartAfter = [7],
                StartAfterPath = "threads/a b@c/messages/m",
                Limit = 5,
            },
            "test",
            CancellationToken.None);

        Assert.Empty(read.Documents);
        Assert.Equal(1, firestore.Cost.Snapshot()[("read", "test")]);
        var call = server.Calls.Single();
        Assert.EndsWith("/documents/threads/a b@c:runQuery", call.Path);
        Assert.Equal(
            """{"structuredQuery":{"from":[{"collectionId":"messages"}],"where":{"compositeFilter":{"op":"AND","filters":[{"fieldFilter":{"field":{"fieldPath":"status"},"op":"IN","value":{"arrayValue":{"values":[{"stringValue":"queued"}]}}}},{"unaryFilter":{"field":{"fieldPath":"gone"},"op":"IS_NULL"}}]}},"orderBy":[{"field":{"fieldPath":"orderAt"},"direction":"DESCENDING"},{"field":{"fieldPath":"__name__"},"direction":"DESCENDING"}],"startAt":{"values":[{"integerValue":"7"},{"referenceValue":"projects/demo-test/databases/(default)/documents/threads/a b@c/messages/m"}],"before":false},"limit":5}}""",
            call.Body.GetRawText());
    }

    [Fact]
    public async Task a_count_is_billed_by_the_thousand()
    {
        await using var server = await ScriptedFirestore.StartAsync(
            call => call.AnswerAsync("""[{"result":{"aggregateFields":{"count":{"integerValue":"2001"}}},"readTime":"2026-01-31T12:00:05Z"}]"""));
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.Equal(2001, await firestore.Client.CountAsync(new DocumentQuery("outbox"), "test", CancellationToken.None));
        Assert.Equal(3, firestore.Cost.Snapshot()[("read", "test")]);
    }

    [Theory]
    [InlineData(503, "UNAVAILABLE")]
    [InlineData(504, "DEADLINE_EXCEEDED")]
    [InlineData(500, "INTERNAL")]
    [InlineData(429, "RESOURCE_EXHAUSTED")]
    public async Task a_read_that_may_pass_is_tried_again(int http, string status)
    {
        await using var server = await ScriptedFirestore.StartAsync(
            call => call.Number < 3 ? call.FailAsync(http, status) : call.AnswerAsync(OneDocument));
        using var firestore = new FirestoreUnderTest(server.Url);

        await firestore.Client.GetAsync(["outbox/a"], "test", CancellationToken.None);

        Assert.Equal(3, server.Calls.Count);
    }

    [Fact]
    public async Task a_read_that_is_refused_throws_at_once()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.FailAsync(403, "PERMISSION_DENIED"));
        using var firestore = new FirestoreUnderTest(server.Url);

        var exception = await Assert.ThrowsAsync<FirestoreException>(() => firestore.Client.GetAsync(["outbox/a"], "test", CancellationToken.None));

        Assert.Equal(FirestoreStatus.PermissionDenied, exception.Status);
        Assert.Single(server.Calls);
    }

    [Fact]
    public async Task a_read_without_an_answer_throws_when_its_time_is_up()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.NeverAnswerAsync());
        using var firestore = new FirestoreUnderTest(server.Url, options => options.ReadTimeout = TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAsync<FirestoreException>(() => firestore.Client.GetAsync(["outbox/a"], "test", CancellationToken.None));
    }

    [Fact]
    public async Task a_reader_who_cancels_hears_a_cancellation()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = await ScriptedFirestore.StartAsync(call =>
        {
            cancellation.Cancel();
            return call.NeverAnswerAsync();
        });
        using var firestore = new FirestoreUnderTest(server.Url);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => firestore.Client.GetAsync(["outbox/a"], "test", cancellation.Token));
    }
}
