using System.Text.Json;

namespace WaAspire.Tests.FirebaseEmulator.Firestore;

public sealed class CommitTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private readonly EmulatorClient _client = emulator.Client();

    [Theory]
    [InlineData("""{"update":{"name":"…/c/there","fields":{}},"currentDocument":{"exists":false}}""", "409 ALREADY_EXISTS")]
    [InlineData("""{"update":{"name":"…/c/missing","fields":{}},"currentDocument":{"exists":true}}""", "404 NOT_FOUND")]
    [InlineData("""{"delete":"…/c/missing","currentDocument":{"exists":true}}""", "404 NOT_FOUND")]
    [InlineData("""{"update":{"name":"…/c/there","fields":{}},"currentDocument":{"updateTime":"2020-01-01T00:00:00Z"}}""", "400 FAILED_PRECONDITION")]
    [InlineData("""{"update":{"name":"…/c/missing","fields":{}},"currentDocument":{"updateTime":"2020-01-01T00:00:00Z"}}""", "400 FAILED_PRECONDITION")]
    [InlineData("""{"delete":"…/c/there","currentDocument":{"updateTime":"2020-01-01T00:00:00Z"}}""", "400 FAILED_PRECONDITION")]
    [InlineData("""{"verify":"…/c/there","currentDocument":{"exists":false}}""", "409 ALREADY_EXISTS")]
    [InlineData("""{"verify":"…/c/missing","currentDocument":{"exists":true}}""", "404 NOT_FOUND")]
    [InlineData("""{"verify":"…/c/there","currentDocument":{"updateTime":"2020-01-01T00:00:00Z"}}""", "400 FAILED_PRECONDITION")]
    public async Task a_broken_precondition_has_its_own_status_and_applies_no_write_of_the_commit(string write, string refusal)
    {
        await _client.SetAsync("c/there", "");
        var answer = await _client.CommitAsync("""{"update":{"name":"…/c/other","fields":{}}}""", write);
        Assert.Equal(refusal, answer.Refusal);
        Assert.Equal("404 NOT_FOUND", (await _client.GetAsync("/c/other")).Refusal);
    }

    [Fact]
    public async Task an_update_under_the_current_update_time_is_applied_once()
    {
        var first = await _client.SetAsync("c/fenced", """ "n":{"integerValue":"1"} """);
        var write = $$"""{"update":{"name":"…/c/fenced","fields":{"n":{"integerValue":"2"} } },"currentDocument":{"updateTime":"{{first.UpdateTime()}}"} }""";
        await _client.WriteAsync(write);
        Assert.Equal("400 FAILED_PRECONDITION", (await _client.CommitAsync(write)).Refusal);
    }

    [Fact]
    public async Task a_write_that_changes_nothing_keeps_the_update_time_and_returns_the_old_one()
    {
        var first = await _client.SetAsync("c/same", """ "n":{"doubleValue":"NaN"},"m":{"mapValue":{"fields":{"x":{"integerValue":"1"}}}} """);
        var again = await _client.WriteAsync("""{"update":{"name":"…/c/same","fields":{"m":{"mapValue":{"fields":{"x":{"integerValue":"1"}}}}}},"updateMask":{"fieldPaths":["m"]}}""");
        Assert.Equal(first.UpdateTime(), again.UpdateTime());
        Assert.NotEqual(again.CommitTime, again.UpdateTime());
        Assert.Equal(first.UpdateTime(), (await _client.GetAsync("/c/same")).Json.GetProperty("updateTime").GetString());

        var otherType = await _client.WriteAsync("""{"update":{"name":"…/c/same","fields":{"m":{"mapValue":{"fields":{"x":{"doubleValue":1}}}}}},"updateMask":{"fieldPaths":["m"]}}""");
        Assert.Equal(otherType.CommitTime, otherType.UpdateTime());
    }

    [Fact]
    public async Task a_mask_changes_its_paths_deletes_those_without_a_value_and_leaves_the_rest()
    {
        await _client.SetAsync("c/mask", """ "keep":{"integerValue":"1"},"gone":{"integerValue":"1"},"m":{"mapValue":{"fields":{"a":{"integerValue":"1"},"b":{"integerValue":"1"}}}} """);
        await _client.WriteAsync("""
            {"update":{"name":"…/c/mask","fields":{"ignored":{"integerValue":"9"},"m":{"mapValue":{"fields":{"a":{"integerValue":"2"},"we.ird":{"integerValue":"3"}}}},"`x y`":{"integerValue":"4"}}},
             "updateMask":{"fieldPaths":["gone","m.a","m.b","m.`we.ird`","`\\`x y\\``","absent.deep"]}}
            """);
        var fields = await _client.FieldsAsync("c/mask");
        var expected = JsonDocument.Parse("""
            {"keep":{"integerValue":"1"},"m":{"mapValue":{"fields":{"a":{"integerValue":"2"},"we.ird":{"integerValue":"3"}}}},"`x y`":{"integerValue":"4"}}
            """).RootElement;
        Assert.True(JsonElement.DeepEquals(expected, fields), fields.GetRawText());
    }

    [Fact]
    public async Task an_empty_mask_creates_the_document_runs_the_transforms_and_changes_nothing_else()
    {
        const string Write = """{"update":{"name":"…/c/empty","fields":{"x":{"integerValue":"7"}}},"updateMask":{},"updateTransforms":[{"fieldPath":"n","increment":{"integerValue":"1"}}]}""";
        await _client.WriteAsync(Write);
        await _client.WriteAsync(Write);
        Assert.Equal("""{"n":{"integerValue":"2"}}""", (await _client.FieldsAsync("c/empty")).GetRawText());
    }

    [Fact]
    public async Task no_mask_replaces_the_whole_document_and_keeps_its_create_time()
    {
        var first = await _client.SetAsync("c/whole", """ "a":{"integerValue":"1"} """);
        await _client.SetAsync("c/whole", """ "b":{"integerValue":"1"} """);
        var document = (await _client.GetAsync("/c/whole")).Ok().Json;
        Assert.Equal("""{"b":{"integerValue":"1"}}""", document.GetProperty("fields").GetRawText());
        Assert.Equal(first.CommitTime, document.GetProperty("createTime").GetString());
    }

    [Fact]
    public async Task each_write_of_a_commit_sees_those_before_it()
    {
        var answer = await _client.WriteAsync(
            """{"update":{"name":"…/c/chain","fields":{}},"currentDocument":{"exists":false}}""",
            """{"update":{"name":"…/c/chain","fields":{"n":{"integerValue":"1"}}},"currentDocument":{"exists":true}}""",
            """{"delete":"…/c/chain","currentDocument":{"exists":true}}""",
            """{"verify":"…/c/chain","currentDocument":{"exists":false}}""");
        Assert.Equal(4, answer.Json.GetProperty("writeResults").GetArrayLength());
        Assert.False(answer.Json.GetProperty("writeResults")[2].TryGetProperty("updateTime", out _));
        Assert.Equal("404 NOT_FOUND", (await _client.GetAsync("/c/chain")).Refusal);
    }

    [Fact]
    public async Task commit_times_rise_and_never_meet_a_read_time_even_when_the_clock_goes_back()
    {
        var time = emulator.Time;
        try
        {
            time.StoppedAt = time.GetUtcNow();
            var times = new List<DateTimeOffset>();
            for (var round = 0; round < 5; round++)
            {
                times.Add(DateTimeOffset.Parse((await _client.SetAsync("c/clock", $$""" "n":{"integerValue":"{{round}}"} """)).CommitTime));
                var read = (await _client.PostAsync(":batchGet", """{"documents":["…/c/clock"]}""")).Ok();
                var readTime = DateTimeOffset.Parse(read.Json[0].GetProperty("readTime").GetString()!);
                Assert.True(readTime >= times[^1]);
                times[^1] = readTime;
                time.Shift -= TimeSpan.FromSeconds(1);
            }

            Assert.Equal(times.Order(), times);
            Assert.Equal(times.Distinct(), times);
        }
        finally
        {
            (time.StoppedAt, time.Shift) = (null, TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{"f":{"nope":1}}}}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{}},"nope":1}]}""")]
    [InlineData("""{"nope":[]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{}}]}""")]
    [InlineData("""{"writes":[{}]}""")]
    [InlineData("""{"writes":[{"delete":"…/c/x","verify":"…/c/x"}]}""")]
    [InlineData("""{"writes":[{"delete":"…/c/x","updateMask":{}}]}""")]
    [InlineData("""{"writes":[{"delete":"…/c"}]}""")]
    [InlineData("""{"writes":[{"delete":"…/c/__reserved__"}]}""")]
    [InlineData("""{"writes":[{"delete":"…/c/.."}]}""")]
    [InlineData("""{"writes":[{"delete":"projects/elsewhere/databases/(default)/documents/c/x"}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{"__name__":{"integerValue":"1"}}}}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{"":{"integerValue":"1"}}}}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{"a":{"arrayValue":{"values":[{"arrayValue":{}}]}}}}}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{"a":{"integerValue":"1","stringValue":""}}}}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{"a":{"integerValue":"9223372036854775808"}}}}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{"t":{"timestampValue":"yesterday"}}}}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{}},"updateMask":{"fieldPaths":["a..b"]}}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{}},"currentDocument":{"exists":true,"updateTime":"2020-01-01T00:00:00Z"}}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{}},"currentDocument":{"updateTime":"2020-01-01T00:00:00.000000001Z"}}]}""")]
    [InlineData("""{"writes":[{"update":{"name":"…/c/x","fields":{}},"updateTransforms":[{"fieldPath":"n","increment":{"stringValue":"1"}}]}]}""")]
    public async Task a_request_that_is_wrong_in_itself_is_an_invalid_argument(string body) =>
        Assert.Equal("400 INVALID_ARGUMENT", (await _client.PostAsync(":commit", body)).Refusal);

    [Fact]
    public async Task limits_hold_at_their_edge()
    {
        Assert.Equal("400 INVALID_ARGUMENT", (await _client.CommitAsync(OneField(new string('x', 1024 * 1024)))).Refusal);
        (await _client.CommitAsync(OneField(new string('x', (1024 * 1024) - 200)))).Ok();
        (await _client.CommitAsync(Nested(20))).Ok();
        Assert.Equal("400 INVALID_ARGUMENT", (await _client.CommitAsync(Nested(21))).Refusal);
        Assert.Equal("400 INVALID_ARGUMENT", (await _client.CommitAsync($$"""{"delete":"…/c/{{new string('x', 1501)}}"}""")).Refusal);
        var tooManyBytes = $$"""{"writes":[],"transaction":"{{new string(' ', 10 * 1024 * 1024)}}"}""";
        Assert.Equal("400 INVALID_ARGUMENT", (await _client.PostAsync(":commit", tooManyBytes)).Refusal);

        static string OneField(string text) => $$"""{"update":{"name":"…/c/large","fields":{"f":{"stringValue":"{{text}}"} } } }""";

        static string Nested(int levels)
        {
            var value = """{"integerValue":"1"}""";
            for (var level = 1; level < levels; level++)
                value = $$"""{"mapValue":{"fields":{"f":{{value}} } } }""";
            return $$"""{"update":{"name":"…/c/deep","fields":{"f":{{value}} } } }""";
        }
    }

    [Fact]
    public async Task a_batch_write_applies_each_write_by_itself_and_tells_its_status()
    {
        await _client.SetAsync("c/taken", "");
        var answer = (await _client.PostAsync(":batchWrite", """
            {"writes":[{"update":{"name":"…/c/taken","fields":{}},"currentDocument":{"exists":false}},{"update":{"name":"…/c/fresh","fields":{"x":{"integerValue":"1"}}}}],"labels":{}}
            """)).Ok().Json;
        Assert.Equal(6, answer.GetProperty("status")[0].GetProperty("code").GetInt32());
        Assert.Equal("{}", answer.GetProperty("status")[1].GetRawText());
        Assert.True(answer.GetProperty("writeResults")[1].TryGetProperty("updateTime", out _));
        (await _client.GetAsync("/c/fresh")).Ok();
    }

    [Fact]
    public async Task a_batch_write_refuses_the_same_document_twice()
    {
        var answer = await _client.PostAsync(":batchWrite", """{"writes":[{"delete":"…/c/a"},{"delete":"…/c/a"}]}""");
        Assert.Equal("400 INVALID_ARGUMENT", answer.Refusal);
    }

    [Fact]
    public async Task many_writers_of_one_document_lose_no_increment()
    {
        const string Write = """{"update":{"name":"…/c/counter","fields":{}},"updateMask":{},"updateTransforms":[{"fieldPath":"n","increment":{"integerValue":"1"}}]}""";
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _client.WriteAsync(Write)));
        Assert.Equal("100", (await _client.FieldsAsync("c/counter")).GetProperty("n").GetProperty("integerValue").GetString());
    }

    [Fact]
    public async Task another_database_does_not_exist() => Assert.Equal(
        "404 NOT_FOUND",
        (await _client.SendAsync(HttpMethod.Post, $"/v1/projects/{_client.Project}/databases/other/documents:commit", "{}")).Refusal);
}
