using System.Net;

namespace WaAspire.Tests.FirebaseEmulator;

/// <summary>Requests in the form in which Google's own clients send them: numeric enums, odd query strings, plain text.</summary>
public sealed class RecordedRequestTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private const string Node = "?$alt=json%3Benum-encoding=int";
    private readonly EmulatorClient _client = emulator.Client();

    [Theory]
    [InlineData(":commit", """{"writes":[{"updateTransforms":[{"fieldPath":"createdAt","setToServerValue":1},{"fieldPath":"n","increment":{"integerValue":"2"}}],"update":{"fields":{},"name":"…/outbox/b"},"currentDocument":{"exists":false}}]}""")]
    [InlineData(":commit", """{"writes":[{"update":{"fields":{"x":{"integerValue":"1"}},"name":"…/outbox/a b%20é+#?&=日"}}]}""")]
    [InlineData(":commit", "{}")]
    [InlineData(":batchWrite", """{"writes":[{"update":{"fields":{},"name":"…/outbox/bw"}},{"delete":"…/outbox/d"}],"labels":{}}""")]
    [InlineData(":batchGet", """{"documents":["…/outbox/a","…/outbox/b/sub/k"],"mask":{"fieldPaths":["m.x","q"]}}""")]
    [InlineData(":batchGet", """{"documents":["…/outbox/a"],"newTransaction":{"readOnly":{}}}""")]
    [InlineData(":runQuery", """{"structuredQuery":{"from":[{"collectionId":"outbox"}],"where":{"fieldFilter":{"field":{"fieldPath":"__name__"},"op":4,"value":{"referenceValue":"…/outbox/b"}}}}}""")]
    [InlineData(":runQuery", """{"structuredQuery":{"from":[{"collectionId":"outbox"}],"where":{"fieldFilter":{"field":{"fieldPath":"a"},"op":5,"value":{"integerValue":"1"}}}},"explainOptions":{"analyze":true}}""")]
    [InlineData(":runQuery", """{"structuredQuery":{"from":[{"collectionId":"outbox"}],"where":{"compositeFilter":{"filters":[{"compositeFilter":{"filters":[{"fieldFilter":{"field":{"fieldPath":"a"},"op":5,"value":{"integerValue":"1"}}},{"fieldFilter":{"field":{"fieldPath":"b"},"op":9,"value":{"arrayValue":{"values":[{"integerValue":"1"}]}}}}],"op":2}},{"unaryFilter":{"op":3,"field":{"fieldPath":"n"}}},{"unaryFilter":{"op":2,"field":{"fieldPath":"u"}}}],"op":1}}}}""")]
    [InlineData(":runQuery", """{"structuredQuery":{"from":[{"collectionId":"plain"}],"orderBy":[{"field":{"fieldPath":"a"},"direction":1},{"field":{"fieldPath":"__name__"},"direction":1}],"startAt":{"values":[{"integerValue":"1"},{"referenceValue":"…/plain/a"}]},"endAt":{"values":[{"stringValue":"zz"}],"before":true}}}""")]
    [InlineData(":runAggregationQuery", """{"structuredAggregationQuery":{"aggregations":[{"count":{},"alias":"aggregate_0"}],"structuredQuery":{"from":[{"collectionId":"outbox"}]}},"newTransaction":{"readWrite":{}}}""")]
    [InlineData(":listCollectionIds", "{}")]
    [InlineData("/outbox/a:listCollectionIds", "{}")]
    [InlineData("/outbox/a%20b%25%C3%A9%3A%2B%3F:runQuery", """{"structuredQuery":{"from":[{"collectionId":"sub"}]}}""")]
    public async Task the_node_client_is_understood(string path, string body)
    {
        var documents = _client.Documents.Replace("(default)", "%28default%29", StringComparison.Ordinal);
        var answer = await _client.SendAsync(HttpMethod.Post, $"/v1/{documents}{path}{Node}", body, authorization: "Bearer owner");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData(":commit", """{"writes":[{"update":{"name":"…/outbox/lite","fields":{"m":{"mapValue":{"fields":{"x":{"integerValue":"1"}}}}}},"updateMask":{"fieldPaths":["m.x"]},"updateTransforms":[{"fieldPath":"t","setToServerValue":"REQUEST_TIME"}]}]}""")]
    [InlineData(":commit", """{"writes":[{"verify":"…/outbox/readonly1","currentDocument":{"exists":false}}]}""")]
    [InlineData(":runQuery", """{"structuredQuery":{"from":[{"collectionId":"plain"}],"where":{"fieldFilter":{"field":{"fieldPath":"n"},"op":"LESS_THAN_OR_EQUAL","value":{"integerValue":"5"}}},"orderBy":[{"field":{"fieldPath":"n"},"direction":"DESCENDING"},{"field":{"fieldPath":"__name__"},"direction":"DESCENDING"}],"limit":3,"startAt":{"before":false,"values":[{"integerValue":"1"}]}}}""")]
    public async Task the_lite_web_client_is_understood_though_it_sends_plain_text(string path, string body)
    {
        const string UnsignedToken = "Bearer eyJhbGciOiJub25lIiwidHlwZSI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3NlY3VyZXRva2VuLmdvb2dsZS5jb20vZGVtbyIsInN1YiI6ImFsaWNlIiwiaWF0IjowLCJleHAiOjM2MDB9.";
        var answer = await _client.SendAsync(HttpMethod.Post, $"/v1/…{path}", body, "text/plain", UnsignedToken);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }
}
