using System.Globalization;

namespace WaAspire.Tests.FirebaseEmulator.Firestore;

public sealed class TransformTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private readonly EmulatorClient _client = emulator.Client();

    [Theory]
    // Increment: missing and non-numbers become the operand, integers saturate, any double makes a double.
    [InlineData(null, """ "increment":{"integerValue":"2"} """, """{"integerValue":"2"}""")]
    [InlineData("""{"stringValue":"x"}""", """ "increment":{"integerValue":"2"} """, """{"integerValue":"2"}""")]
    [InlineData("""{"integerValue":"40"}""", """ "increment":{"integerValue":"2"} """, """{"integerValue":"42"}""")]
    [InlineData("""{"integerValue":"1"}""", """ "increment":{"doubleValue":0.5} """, """{"doubleValue":1.5}""")]
    [InlineData("""{"doubleValue":1.5}""", """ "increment":{"integerValue":"1"} """, """{"doubleValue":2.5}""")]
    [InlineData("""{"integerValue":"9223372036854775807"}""", """ "increment":{"integerValue":"1"} """, """{"integerValue":"9223372036854775807"}""")]
    [InlineData("""{"integerValue":"-9223372036854775808"}""", """ "increment":{"integerValue":"-1"} """, """{"integerValue":"-9223372036854775808"}""")]
    // Maximum and minimum: the winner keeps its type, of equals the stored one stays, NaN always wins.
    [InlineData("""{"integerValue":"3"}""", """ "maximum":{"integerValue":"5"} """, """{"integerValue":"5"}""")]
    [InlineData("""{"integerValue":"3"}""", """ "maximum":{"doubleValue":3.0} """, """{"integerValue":"3"}""")]
    [InlineData("""{"integerValue":"3"}""", """ "maximum":{"doubleValue":3.5} """, """{"doubleValue":3.5}""")]
    [InlineData("""{"integerValue":"3"}""", """ "maximum":{"doubleValue":"NaN"} """, """{"doubleValue":"NaN"}""")]
    [InlineData("""{"doubleValue":"NaN"}""", """ "maximum":{"integerValue":"5"} """, """{"doubleValue":"NaN"}""")]
    [InlineData(null, """ "maximum":{"integerValue":"-5"} """, """{"integerValue":"-5"}""")]
    [InlineData("""{"integerValue":"3"}""", """ "minimum":{"integerValue":"2"} """, """{"integerValue":"2"}""")]
    [InlineData("""{"booleanValue":true}""", """ "minimum":{"integerValue":"2"} """, """{"integerValue":"2"}""")]
    public async Task a_numeric_transform_gives_its_result_back(string? before, string transform, string after)
    {
        var path = $"c/{Guid.NewGuid():N}";
        await _client.SetAsync(path, before is null ? "" : $$""" "f":{{before}} """);
        var answer = await _client.WriteAsync($$"""{"update":{"name":"…/{{path}}","fields":{} },"updateMask":{},"updateTransforms":[{"fieldPath":"f",{{transform}} }]}""");
        Assert.Equal(after, answer.Json.GetProperty("writeResults")[0].GetProperty("transformResults")[0].GetRawText());
        Assert.Equal(after, (await _client.FieldsAsync(path)).GetProperty("f").GetRawText());
    }

    [Theory]
    [InlineData("""{"arrayValue":{"values":[{"integerValue":"3"}]}}""", """ "appendMissingElements":{"values":[{"doubleValue":3.0},{"integerValue":"4"},{"integerValue":"4"}]} """, """[{"integerValue":"3"},{"integerValue":"4"}]""")]
    [InlineData("""{"stringValue":"x"}""", """ "appendMissingElements":{"values":[{"nullValue":null}]} """, """[{"nullValue":null}]""")]
    [InlineData("""{"arrayValue":{"values":[{"integerValue":"3"},{"doubleValue":"NaN"},{"stringValue":"q"}]}}""", """ "removeAllFromArray":{"values":[{"doubleValue":3.0},{"doubleValue":"NaN"}]} """, """[{"stringValue":"q"}]""")]
    public async Task an_array_transform_gives_null_back(string before, string transform, string values)
    {
        var path = $"c/{Guid.NewGuid():N}";
        await _client.SetAsync(path, $$""" "f":{{before}} """);
        var answer = await _client.WriteAsync($$"""{"update":{"name":"…/{{path}}","fields":{} },"updateMask":{},"updateTransforms":[{"fieldPath":"f",{{transform}} }]}""");
        Assert.Equal("""{"nullValue":null}""", answer.Json.GetProperty("writeResults")[0].GetProperty("transformResults")[0].GetRawText());
        Assert.Equal(values, (await _client.FieldsAsync(path)).GetProperty("f").GetProperty("arrayValue").GetProperty("values").GetRawText());
    }

    [Fact]
    public async Task the_request_time_is_one_value_of_milliseconds_for_the_whole_commit_and_not_later_than_it()
    {
        var answer = await _client.WriteAsync(
            """{"update":{"name":"…/c/t1","fields":{}},"updateTransforms":[{"fieldPath":"a","setToServerValue":1},{"fieldPath":"m.b","setToServerValue":"REQUEST_TIME"}]}""",
            """{"update":{"name":"…/c/t2","fields":{}},"updateTransforms":[{"fieldPath":"a","setToServerValue":1}]}""");
        var first = await _client.FieldsAsync("c/t1");
        var times = new[]
        {
            first.GetProperty("a").GetProperty("timestampValue").GetString()!,
            first.GetProperty("m").GetProperty("mapValue").GetProperty("fields").GetProperty("b").GetProperty("timestampValue").GetString()!,
            (await _client.FieldsAsync("c/t2")).GetProperty("a").GetProperty("timestampValue").GetString()!,
            answer.Json.GetProperty("writeResults")[0].GetProperty("transformResults")[0].GetProperty("timestampValue").GetString()!,
        };
        var time = DateTimeOffset.Parse(Assert.Single(times.Distinct()), CultureInfo.InvariantCulture);
        Assert.Equal(0, time.Microsecond);
        Assert.InRange(DateTimeOffset.Parse(answer.CommitTime, CultureInfo.InvariantCulture) - time, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task transforms_run_in_order_after_the_update()
    {
        await _client.WriteAsync("""
            {"update":{"name":"…/c/order","fields":{"n":{"integerValue":"10"}}},
             "updateTransforms":[{"fieldPath":"n","increment":{"integerValue":"5"}},{"fieldPath":"n","minimum":{"integerValue":"12"}}]}
            """);
        Assert.Equal("""{"integerValue":"12"}""", (await _client.FieldsAsync("c/order")).GetProperty("n").GetRawText());
    }

    [Fact]
    public async Task more_than_500_transforms_of_one_document_are_refused()
    {
        var transforms = string.Join(',', Enumerable.Range(0, 501).Select(index => $$"""{"fieldPath":"f{{index}}","setToServerValue":1}"""));
        var answer = await _client.CommitAsync($$"""{"update":{"name":"…/c/many","fields":{} },"updateTransforms":[{{transforms}}]}""");
        Assert.Equal("400 INVALID_ARGUMENT", answer.Refusal);
    }
}
