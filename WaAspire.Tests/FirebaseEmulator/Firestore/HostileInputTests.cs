using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace WaAspire.Tests.FirebaseEmulator.Firestore;

/// <summary>Whatever comes in, the answer is Firestore's own error and never a 500.</summary>
public sealed class HostileInputTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private static readonly string _long = new('x', 1501);
    private readonly string _documents = $"projects/p-{Guid.NewGuid():N}/databases/(default)/documents";

    public static TheoryData<string, string> Bodies
    {
        get
        {
            string[] verbs = [":commit", ":batchWrite", ":batchGet", ":runQuery", ":runAggregationQuery", ":beginTransaction", ":rollback", ":listCollectionIds", ":partitionQuery", "/c", "/c?documentId=d"];
            string[] anywhere = ["{", "[]", "nul", "\"text\"", "7", """{"noSuchName":1}""", "{\"a\":\"\\ud800\"}", "{\"\\udc00\":1}", "{}{}", "{\"writes\":" + new string('[', 300) + "}"];
            var data = new TheoryData<string, string>();
            foreach (var verb in verbs)
            {
                foreach (var body in anywhere)
                    data.Add(verb, body);
            }

            foreach (var body in Commits)
                data.Add(":commit", body);
            foreach (var query in Queries)
                data.Add(":runQuery", $$"""{"structuredQuery":{{query}} }""");
            foreach (var (verb, body) in Others)
                data.Add(verb, body);
            return data;
        }
    }

    private static IEnumerable<string> Commits =>
    [
        """{"writes":{}}""", """{"writes":[null]}""", """{"writes":[[]]}""", """{"writes":[{}]}""", """{"writes":[{"update":[]}]}""", """{"writes":[{"update":{}}]}""",
        """{"writes":[{"delete":7}]}""", """{"writes":[{"delete":"…/c"}]}""", """{"writes":[{"delete":"…/c/d/e"}]}""", """{"writes":[{"delete":"…/c//d"}]}""", """{"writes":[{"delete":"…/c/.."}]}""",
        """{"writes":[{"delete":"…/c/__x__"}]}""", """{"writes":[{"delete":"projects/other/databases/(default)/documents/c/d"}]}""", """{"writes":[{"delete":"c/d"}]}""", """{"writes":[{"delete":"…/c/LONG"}]}""",
        """{"writes":[{"delete":"…/c/d","update":{"name":"…/c/d"}}]}""", """{"writes":[{"delete":"…/c/d","updateMask":{}}]}""", """{"writes":[{"delete":"…/c/d","currentDocument":{"exists":"yes"}}]}""",
        """{"writes":[{"delete":"…/c/d","currentDocument":{"exists":true,"updateTime":"2020-01-01T00:00:00Z"}}]}""", """{"writes":[{"delete":"…/c/d","currentDocument":{"updateTime":"yesterday"}}]}""",
        """{"writes":[{"delete":"…/c/d","currentDocument":{"updateTime":"2020-01-01T00:00:00.0000001Z"}}]}""", """{"transaction":"%%%"}""", """{"transaction":"AAAA"}""", """{"transaction":{}}""",
        """{"writes":[{"update":{"name":"…/c/d","fields":[]}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":null}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{}}}}]}""",
        """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"integerValue":"1","stringValue":"x"}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"integerValue":"9223372036854775808"}}}}]}""",
        """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"integerValue":1.5}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"integerValue":1e300}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"doubleValue":1e999}}}}]}""",
        """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"doubleValue":"x"}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"timestampValue":"10000-01-01T00:00:00Z"}}}}]}""",
        """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"timestampValue":"0001-01-01T00:00:00+05:00"}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"timestampValue":"2020-02-30T00:00:00Z"}}}}]}""",
        """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"bytesValue":"*"}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"geoPointValue":{"latitude":91}}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"referenceValue":"x"}}}}]}""",
        """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"arrayValue":{"values":[{"arrayValue":{}}]}}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"booleanValue":"true"}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"nullValue":0.5}}}}]}""",
        """{"writes":[{"update":{"name":"…/c/d","fields":{"":{"nullValue":null}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"__a__":{"nullValue":null}}}}]}""", """{"writes":[{"update":{"name":"…/c/d","fields":{"LONG":{"nullValue":null}}}}]}""",
        """{"writes":[{"update":{"name":"…/c/d"},"updateMask":{"fieldPaths":["a..b"]}}]}""", """{"writes":[{"update":{"name":"…/c/d"},"updateMask":{"fieldPaths":[""]}}]}""", """{"writes":[{"update":{"name":"…/c/d"},"updateMask":{"fieldPaths":["`"]}}]}""",
        """{"writes":[{"update":{"name":"…/c/d"},"updateTransforms":[{"fieldPath":"a"}]}]}""", """{"writes":[{"update":{"name":"…/c/d"},"updateTransforms":[{"fieldPath":"a","increment":{"stringValue":"1"}}]}]}""",
        """{"writes":[{"update":{"name":"…/c/d"},"updateTransforms":[{"fieldPath":"a","setToServerValue":7}]}]}""", """{"writes":[{"update":{"name":"…/c/d"},"updateTransforms":[{"fieldPath":"a","setToServerValue":"NOW"}]}]}""",
        """{"writes":[{"update":{"name":"…/c/d"},"updateTransforms":[{"fieldPath":"a","appendMissingElements":7}]}]}""",
        $$"""{"writes":[{"update":{"name":"…/c/d","fields":{"a":{{Nested(21)}}} } }]}""", $$"""{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"arrayValue":{"values":[{{string.Join(',', Enumerable.Repeat("""{"nullValue":null}""", 40_001))}}]} } } } }]}""",
        $$"""{"writes":[{"update":{"name":"…/c/d","fields":{"a":{"stringValue":"{{new string('x', 1024 * 1024)}}"} } } }]}""", $$"""{"writes":[{"delete":"…{{string.Concat(Enumerable.Repeat("/c/d", 101))}}"}]}""",
    ];

    private static IEnumerable<string> Queries =>
    [
        "{}", "[]", """{"from":[]}""", """{"from":[{}]}""", """{"from":[{"collectionId":"a/b"}]}""", """{"from":[{"collectionId":".."}]}""", """{"from":[{"collectionId":"a"},{"collectionId":"b"}]}""", """{"from":[{"collectionId":"c"}],"limit":-1}""",
        """{"from":[{"collectionId":"c"}],"limit":"many"}""", """{"from":[{"collectionId":"c"}],"offset":99999999999}""", """{"from":[{"collectionId":"c"}],"where":{}}""", """{"from":[{"collectionId":"c"}],"where":{"fieldFilter":{}}}""",
        """{"from":[{"collectionId":"c"}],"where":{"fieldFilter":{"field":{"fieldPath":"a"},"op":99,"value":{"integerValue":"1"}}}}""", """{"from":[{"collectionId":"c"}],"where":{"fieldFilter":{"field":{"fieldPath":"a"},"op":"LIKE","value":{"integerValue":"1"}}}}""",
        """{"from":[{"collectionId":"c"}],"where":{"fieldFilter":{"field":{"fieldPath":"a"},"op":"IN","value":{"integerValue":"1"}}}}""", """{"from":[{"collectionId":"c"}],"where":{"fieldFilter":{"field":{"fieldPath":"a"},"op":"IN","value":{"arrayValue":{}}}}}""",
        $$"""{"from":[{"collectionId":"c"}],"where":{"fieldFilter":{"field":{"fieldPath":"a"},"op":"IN","value":{"arrayValue":{"values":[{{string.Join(',', Enumerable.Range(0, 31).Select(n => $$"""{"integerValue":"{{n}}"}"""))}}]} } } } }""",
        """{"from":[{"collectionId":"c"}],"where":{"fieldFilter":{"field":{"fieldPath":"__name__"},"op":"EQUAL","value":{"stringValue":"c/d"}}}}""", """{"from":[{"collectionId":"c"}],"where":{"compositeFilter":{"op":"NOR","filters":[]}}}""",
        """{"from":[{"collectionId":"c"}],"where":{"unaryFilter":{"field":{"fieldPath":"a"},"op":1}}}""", """{"from":[{"collectionId":"c"}],"orderBy":[{}]}""", """{"from":[{"collectionId":"c"}],"orderBy":[{"field":{"fieldPath":"a"},"direction":9}]}""",
        """{"from":[{"collectionId":"c"}],"orderBy":[{"field":{"fieldPath":"a"}},{"field":{"fieldPath":"a"}}]}""", """{"from":[{"collectionId":"c"}],"startAt":{"values":[{"integerValue":"1"},{"integerValue":"2"}]}}""", """{"from":[{"collectionId":"c"}],"startAt":{"values":7}}""",
        """{"from":[{"collectionId":"c"}],"select":{"fields":[{"fieldPath":"`a"}]}}""",
    ];

    private static IEnumerable<(string Verb, string Body)> Others =>
    [
        (":batchGet", """{"documents":[7]}"""), (":batchGet", """{"documents":["…/c"]}"""), (":batchGet", """{"documents":["…/c/d"],"readTime":"2999-01-01T00:00:00Z"}"""), (":batchGet", """{"documents":["…/c/d"],"readTime":"1999-01-01T00:00:00Z"}"""),
        (":batchGet", """{"documents":["…/c/d"],"transaction":"AAAA","newTransaction":{}}"""), (":batchGet", """{"documents":["…/c/d"],"newTransaction":{"readSome":{}}}"""), (":batchGet", """{"documents":["…/c/d"],"mask":{"fieldPaths":["a.."]}}"""),
        (":beginTransaction", """{"options":{"readWrite":{"retryTransaction":7}}}"""), (":beginTransaction", """{"options":{"readOnly":{"readTime":"x"}}}"""), (":rollback", """{"transaction":[]}"""),
        (":batchWrite", """{"writes":[{"delete":"…/c/d"},{"delete":"…/c/d"}]}"""), (":partitionQuery", """{"structuredQuery":{"from":[{"collectionId":"c"}]},"partitionCount":"2"}"""),
        (":partitionQuery", """{"structuredQuery":{"from":[{"collectionId":"c","allDescendants":true}],"orderBy":[{"field":{"fieldPath":"__name__"}}]},"partitionCount":"-2"}"""),
        (":runAggregationQuery", """{"structuredAggregationQuery":{"structuredQuery":{"from":[{"collectionId":"c"}]}}}"""), (":runAggregationQuery", """{"structuredAggregationQuery":{"aggregations":[{"median":{}}],"structuredQuery":{"from":[{"collectionId":"c"}]}}}"""),
        (":runAggregationQuery", """{"structuredAggregationQuery":{"aggregations":[{"count":{"upTo":"0"}}],"structuredQuery":{"from":[{"collectionId":"c"}]}}}"""), (":runAggregationQuery", """{"structuredAggregationQuery":{"aggregations":[{"sum":{}}],"structuredQuery":{"from":[{"collectionId":"c"}]}}}"""),
        (":listCollectionIds", """{"pageSize":-1}"""), (":listCollectionIds", """{"pageSize":{}}"""), ("/c", """{"name":"x"}"""), ("/c", """{"fields":7}"""), ("/c?documentId=a/b", "{}"), ("/c?documentId=..", "{}"), ("/c?documentId=__a__", "{}"), ("/c?mask.fieldPaths=a..b", "{}"), ("/c?unknown=1", "{}"),
    ];

    public static TheoryData<string, string, int> Addresses => new()
    {
        { "GET", "/v1/…/c/d", 404 }, { "GET", "/v1/…/c/%2e%2e", 400 }, { "GET", "/v1/…/c//d", 400 }, { "GET", "/v1/…/c/a%2Fb", 400 }, { "GET", "/v1/…/c/%zz", 404 }, { "GET", "/v1/…/c/%ff%fe", 404 },
        { "GET", "/v1/…/c/LONG", 400 }, { "GET", "/v1/…/c/__reserved__", 400 }, { "GET", "/v1/…/c/d?mask.fieldPaths=%60", 400 }, { "GET", "/v1/…/c/d?readTime=now", 400 }, { "GET", "/v1/…/c/d?transaction=!", 400 }, { "GET", "/v1/…/c/d?nonsense=1", 400 },
        { "GET", "/v1/…/c?pageSize=x", 400 }, { "GET", "/v1/…/c?pageSize=-1", 400 }, { "GET", "/v1/…/c?pageToken=AAAA", 400 }, { "GET", "/v1/…/c?pageToken=e30=x", 400 }, { "GET", "/v1/…/c?orderBy=a%20sideways", 400 }, { "GET", "/v1/…/c?showMissing=true&orderBy=a", 400 },
        { "GET", "/v1/…", 404 }, { "PUT", "/v1/…/c/d", 404 }, { "DELETE", "/v1/…/c", 404 }, { "DELETE", "/v1/…/c/d?currentDocument.exists=maybe", 400 }, { "DELETE", "/v1/…/c/d?currentDocument.exists=true", 404 }, { "PATCH", "/v1/…/c", 404 },
        { "GET", "/v1/projects/p/databases/other/documents/c/d", 404 }, { "GET", "/v1/projects/p/databases", 404 }, { "GET", "/v1/projects//databases/(default)/documents/c/d", 404 }, { "POST", "/v1/…:noSuchVerb", 404 }, { "POST", "/v1/…/c/d:commit", 404 }, { "POST", "/v1/…/c:runQuery", 400 }, { "GET", "/v1/", 404 },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task a_bad_body_is_refused_in_firestores_words(string verb, string body)
    {
        using var content = new StringContent(body.Replace("…", _documents, StringComparison.Ordinal).Replace("LONG", _long, StringComparison.Ordinal), Encoding.UTF8, "application/json");
        await AssertRefusedAsync(HttpMethod.Post, $"/v1/{_documents}{verb}", content, 400);
    }

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task a_bad_address_is_refused_in_firestores_words(string method, string address, int status) => await AssertRefusedAsync(
        new(method), address.Replace("…", _documents, StringComparison.Ordinal).Replace("LONG", _long, StringComparison.Ordinal), null, status);

    [Fact]
    public async Task bytes_that_are_no_text_are_refused()
    {
        using var content = new ByteArrayContent([.. "{\"writes\":[{\"delete\":\""u8, 0xff, 0xfe, .. "\"}]}"u8]) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        await AssertRefusedAsync(HttpMethod.Post, $"/v1/{_documents}:commit", content, 400);
    }

    [Fact]
    public async Task a_request_above_ten_mebibytes_is_refused()
    {
        using var content = new ByteArrayContent(new byte[(10 * 1024 * 1024) + 1]);
        await AssertRefusedAsync(HttpMethod.Post, $"/v1/{_documents}:commit", content, 400);
    }

    [Theory]
    [InlineData("/identitytoolkit.googleapis.com/v1/accounts:signUp", "{\"email\":\"\\ud800@x\"}")]
    [InlineData("/identitytoolkit.googleapis.com/v1/accounts:signUp", """{"email":{"a":1},"password":[1],"localId":7}""", false)]
    [InlineData("/identitytoolkit.googleapis.com/v1/accounts:signUp", """{"email":"a@b","email":"c@d"}""")]
    [InlineData("/identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken", """{"token":"a.eyJ1aWQiOjd9.c"}""")]
    [InlineData("/identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken", """{"token":"....."}""")]
    [InlineData("/identitytoolkit.googleapis.com/v1/accounts:noSuchVerb", "{}")]
    [InlineData("/securetoken.googleapis.com/v1/token", """{"refresh_token":{}}""")]
    [InlineData("/securetoken.googleapis.com/v1/token", "[]")]
    public async Task a_bad_account_call_is_refused(string address, string body, bool refused = true)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await emulator.Http.PostAsync(address, content);
        Assert.Equal(refused ? 400 : 200, (int)response.StatusCode);
    }

    private static string Nested(int depth) => depth == 0 ? """{"nullValue":null}""" : $$"""{"mapValue":{"fields":{"m":{{Nested(depth - 1)}} } } }""";

    private async Task AssertRefusedAsync(HttpMethod method, string address, HttpContent? content, int status)
    {
        // As written: an address must not be tidied up on its way.
        var uri = new Uri(emulator.Http.BaseAddress!.GetLeftPart(UriPartial.Authority) + address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(method, uri) { Content = content };
        using var response = await emulator.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {text[..Math.Min(300, text.Length)]}");
        var json = JsonDocument.Parse(text).RootElement;
        var error = (json.ValueKind == JsonValueKind.Array ? json[0] : json).GetProperty("error");
        Assert.Equal(status, error.GetProperty("code").GetInt32());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.Matches("^[A-Z_]+$", error.GetProperty("status").GetString());
    }
}
