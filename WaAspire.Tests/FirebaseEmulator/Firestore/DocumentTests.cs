using System.Text.Json;

namespace WaAspire.Tests.FirebaseEmulator.Firestore;

public sealed class DocumentTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private readonly EmulatorClient _client = emulator.Client();

    [Fact]
    public async Task every_kind_of_value_comes_back_as_it_was_stored()
    {
        const string Fields = """
            "s":{"stringValue":"x"},"i":{"integerValue":"9223372036854775807"},"d":{"doubleValue":1.5},"nan":{"doubleValue":"NaN"},"inf":{"doubleValue":"-Infinity"},"nz":{"doubleValue":-0},"b":{"booleanValue":true},"n":{"nullValue":null},"t":{"timestampValue":"2023-11-14T22:13:20.123456Z"},"by":{"bytesValue":"AP/+"},"g":{"geoPointValue":{"latitude":1,"longitude":2.5}},"r":{"referenceValue":"…/outbox/z"},"arr":{"arrayValue":{"values":[{"integerValue":"1"},{"stringValue":"2"}]}},"m":{"mapValue":{"fields":{"k":{"mapValue":{}}}}},"v":{"mapValue":{"fields":{"__type__":{"stringValue":"__vector__"},"value":{"arrayValue":{"values":[{"doubleValue":1}]}}}}}
            """;
        await _client.SetAsync("c/values", Fields);
        Assert.Equal($"{{{Fields.Trim().Replace("…", _client.Documents, StringComparison.Ordinal)}}}", (await _client.FieldsAsync("c/values")).GetRawText());
    }

    [Theory]
    [InlineData("""{"timestampValue":"2023-11-14T22:13:20.123456789Z"}""", """{"timestampValue":"2023-11-14T22:13:20.123456Z"}""")]
    [InlineData("""{"timestampValue":"2023-11-15T00:13:20.1+02:00"}""", """{"timestampValue":"2023-11-14T22:13:20.100Z"}""")]
    [InlineData("""{"timestampValue":"0001-01-01T00:00:00Z"}""", """{"timestampValue":"0001-01-01T00:00:00Z"}""")]
    [InlineData("""{"timestampValue":"1969-12-31T23:59:59.999999Z"}""", """{"timestampValue":"1969-12-31T23:59:59.999999Z"}""")]
    [InlineData("""{"integerValue":7}""", """{"integerValue":"7"}""")]
    [InlineData("""{"doubleValue":"-0"}""", """{"doubleValue":-0}""")]
    [InlineData("""{"nullValue":"NULL_VALUE"}""", """{"nullValue":null}""")]
    [InlineData("""{"bytesValue":"AP_-"}""", """{"bytesValue":"AP/+"}""")]
    [InlineData("""{"mapValue":{"fields":{}}}""", """{"mapValue":{}}""")]
    [InlineData("""{"arrayValue":{"values":[]}}""", """{"arrayValue":{}}""")]
    public async Task other_forms_of_a_value_are_read_and_normalised(string sent, string stored)
    {
        var path = $"c/{Guid.NewGuid():N}";
        await _client.SetAsync(path, $$""" "f":{{sent}} """);
        Assert.Equal(stored, (await _client.FieldsAsync(path)).GetProperty("f").GetRawText());
    }

    [Fact]
    public async Task batch_get_tells_found_and_missing_collapses_repeats_and_obeys_its_mask()
    {
        await _client.SetAsync("c/here", """ "a":{"integerValue":"1"},"m":{"mapValue":{"fields":{"x":{"integerValue":"1"},"y":{"integerValue":"1"}}}} """);
        var answer = (await _client.PostAsync(":batchGet", """{"documents":["…/c/here","…/c/not","…/c/here"],"mask":{"fieldPaths":["m.x","q"]}}""")).Ok().Json;
        Assert.Equal(2, answer.GetArrayLength());
        Assert.Equal("""{"m":{"mapValue":{"fields":{"x":{"integerValue":"1"}}}}}""", answer[0].GetProperty("found").GetProperty("fields").GetRawText());
        Assert.Equal($"{_client.Documents}/c/not", answer[1].GetProperty("missing").GetString());
        Assert.Equal(answer[0].GetProperty("readTime").GetString(), answer[1].GetProperty("readTime").GetString());
    }

    [Fact]
    public async Task an_error_of_a_streaming_call_is_wrapped_in_an_array()
    {
        var answer = await _client.PostAsync(":batchGet", """{"documents":["nonsense"]}""");
        Assert.Equal(JsonValueKind.Array, answer.Json.ValueKind);
        Assert.Equal("400 INVALID_ARGUMENT", answer.Refusal);
    }

    [Fact]
    public async Task a_document_is_created_patched_and_deleted_by_its_own_address()
    {
        var created = (await _client.PostAsync("/c?documentId=own", """{"fields":{"a":{"integerValue":"1"}}}""")).Ok().Json;
        Assert.Equal($"{_client.Documents}/c/own", created.GetProperty("name").GetString());
        Assert.Equal("409 ALREADY_EXISTS", (await _client.PostAsync("/c?documentId=own", "{}")).Refusal);

        var patched = (await _client.SendAsync(HttpMethod.Patch, "/v1/…/c/own?updateMask.fieldPaths=b&mask.fieldPaths=b", """{"fields":{"b":{"integerValue":"2"}}}""")).Ok().Json;
        Assert.Equal("""{"b":{"integerValue":"2"}}""", patched.GetProperty("fields").GetRawText());
        Assert.Equal(2, (await _client.FieldsAsync("c/own")).EnumerateObject().Count());
        Assert.Equal("404 NOT_FOUND", (await _client.SendAsync(HttpMethod.Patch, "/v1/…/c/none?currentDocument.exists=true", "{}")).Refusal);

        Assert.Equal("400 FAILED_PRECONDITION", (await _client.SendAsync(HttpMethod.Delete, "/v1/…/c/own?currentDocument.updateTime=2020-01-01T00:00:00Z", null)).Refusal);
        (await _client.SendAsync(HttpMethod.Delete, "/v1/…/c/own", null)).Ok();
        (await _client.SendAsync(HttpMethod.Delete, "/v1/…/c/own", null)).Ok();
        Assert.Equal("404 NOT_FOUND", (await _client.GetAsync("/c/own")).Refusal);
    }

    [Fact]
    public async Task an_id_that_must_be_escaped_in_an_address_is_one_document()
    {
        const string Id = "a b%é:+?=日";
        await _client.SetAsync($"outbox/{Id}", """ "x":{"integerValue":"1"} """);
        await _client.SetAsync($"outbox/{Id}/sub/k", "");
        (await _client.GetAsync($"/outbox/{Uri.EscapeDataString(Id)}")).Ok();
        Assert.Single(await _client.QueryAsync("""{"from":[{"collectionId":"sub"}]}""", $"/outbox/{Uri.EscapeDataString(Id)}"));
    }

    [Fact]
    public async Task a_list_pages_through_documents_by_name_and_survives_changes_in_between()
    {
        for (var index = 0; index < 5; index++)
            await _client.SetAsync($"list/d{index}", $$""" "n":{"integerValue":"{{index % 3}}"} """);
        var first = (await _client.GetAsync("/list?pageSize=2")).Ok().Json;
        Assert.Equal(["d0", "d1"], Ids(first));
        await _client.WriteAsync("""{"delete":"…/list/d1"}""");
        var second = (await _client.GetAsync($"/list?pageSize=9&pageToken={Uri.EscapeDataString(first.GetProperty("nextPageToken").GetString()!)}")).Ok().Json;
        Assert.Equal(["d2", "d3", "d4"], Ids(second));
        Assert.False(second.TryGetProperty("nextPageToken", out _));
        Assert.Equal(["d2", "d4", "d3", "d0"], Ids((await _client.GetAsync("/list?orderBy=n%20desc")).Ok().Json));
        Assert.Equal("400 INVALID_ARGUMENT", (await _client.GetAsync("/list?nope=1")).Refusal);
    }

    [Fact]
    public async Task a_list_with_show_missing_names_documents_that_only_have_something_below_them()
    {
        await _client.SetAsync("parents/b", "");
        await _client.SetAsync("parents/a/children/c", "");
        var answer = (await _client.GetAsync("/parents?showMissing=true&$alt=json%3Benum-encoding=int")).Ok().Json;
        Assert.Equal(["a", "b"], Ids(answer));
        Assert.False(answer.GetProperty("documents")[0].TryGetProperty("createTime", out _));
        Assert.Equal("400 INVALID_ARGUMENT", (await _client.GetAsync("/parents?showMissing=true&orderBy=n")).Refusal);
    }

    [Fact]
    public async Task collection_ids_are_listed_at_the_root_and_below_a_document()
    {
        var client = emulator.Client();
        await client.SetAsync("b/1", "");
        await client.SetAsync("a/1/deep/2", "");
        Assert.Equal("""{"collectionIds":["a","b"]}""", (await client.PostAsync(":listCollectionIds", "{}")).Ok().Json.GetRawText());
        Assert.Equal("""{"collectionIds":["deep"]}""", (await client.PostAsync("/a/1:listCollectionIds", "{}")).Ok().Json.GetRawText());
        Assert.Equal("""{"collectionIds":["a"],"nextPageToken":"a"}""", (await client.PostAsync(":listCollectionIds", """{"pageSize":1}""")).Ok().Json.GetRawText());
    }

    [Fact]
    public async Task a_read_at_a_past_time_sees_what_was_then()
    {
        var first = await _client.SetAsync("c/past", """ "n":{"integerValue":"1"} """);
        await _client.SetAsync("c/past", """ "n":{"integerValue":"2"} """);
        var then = (await _client.GetAsync($"/c/past?readTime={first.CommitTime}")).Ok().Json;
        Assert.Equal("1", then.GetProperty("fields").GetProperty("n").GetProperty("integerValue").GetString());
        Assert.Equal("400 INVALID_ARGUMENT", (await _client.GetAsync("/c/past?readTime=2100-01-01T00:00:00Z")).Refusal);
    }

    private static string[] Ids(JsonElement page) =>
        [.. page.GetProperty("documents").EnumerateArray().Select(document => document.GetProperty("name").GetString()!.Split('/')[^1])];
}
