namespace WaAspire.Tests.FirebaseEmulator.Queries;

/// <summary>The rules of the check, on indexes made for it.</summary>
public sealed class IndexCheckTests(QueryFixture emulator) : IClassFixture<QueryFixture>
{
    private const string Eq = "EQUAL";
    private const string Gt = "GREATER_THAN";
    private readonly EmulatorClient _client = emulator.Client();

    [Theory]
    [InlineData("a EQUAL,c EQUAL,free EQUAL", "", true)]
    [InlineData("", "free", true)]
    [InlineData("free GREATER_THAN", "", true)]
    [InlineData("free GREATER_THAN", "free desc", true)]
    [InlineData("free EQUAL", "other", false)]
    [InlineData("a EQUAL", "b", true)]
    [InlineData("a EQUAL", "b desc", true)]
    [InlineData("c EQUAL", "b desc", false)]
    [InlineData("a EQUAL,b GREATER_THAN", "", true)]
    [InlineData("a EQUAL,c EQUAL", "b", true)]
    [InlineData("a EQUAL,c EQUAL,free EQUAL", "b", false)]
    [InlineData("a IN,c IN", "b", true)]
    [InlineData("", "a,b", true)]
    [InlineData("", "a desc,b desc", false)]
    [InlineData("", "b,a", true)]
    [InlineData("a EQUAL", "a,b", true)]
    [InlineData("tags ARRAY_CONTAINS", "", true)]
    [InlineData("tags ARRAY_CONTAINS", "b", true)]
    [InlineData("tags ARRAY_CONTAINS,a EQUAL", "b", true)]
    [InlineData("a ARRAY_CONTAINS", "b", false)]
    [InlineData("hidden EQUAL", "", false)]
    [InlineData("", "hidden", false)]
    [InlineData("hidden.inner EQUAL", "", false)]
    [InlineData("hidden.shown EQUAL", "", true)]
    [InlineData("", "hidden.shown desc", false)]
    [InlineData("", "__name__", true)]
    [InlineData("", "__name__ desc", true)]
    [InlineData("", "b,__name__ desc", false)]
    [InlineData("a EQUAL", "b,__name__ desc", false)]
    [InlineData("a EQUAL", "b desc,__name__ desc", true)]
    public async Task a_query_runs_exactly_when_an_index_serves_it(string filters, string orders, bool served)
    {
        var answer = await RunAsync("q", filters, orders, group: false);
        Assert.Equal(served ? "200" : "400 FAILED_PRECONDITION", served ? $"{(int)answer.Ok().Status}" : answer.Refusal);
    }

    [Theory]
    [InlineData("group", "n EQUAL", "", true)]
    [InlineData("group", "", "n", true)]
    [InlineData("group", "", "n desc", false)]
    [InlineData("group", "other EQUAL", "", false)]
    [InlineData("group", "", "", true)]
    [InlineData("q", "a EQUAL", "b", false)]
    public async Task a_collection_group_has_no_automatic_indexes(string collection, string filters, string orders, bool served)
    {
        var answer = await RunAsync(collection, filters, orders, group: true);
        Assert.Equal(served ? "200" : "400 FAILED_PRECONDITION", served ? $"{(int)answer.Ok().Status}" : answer.Refusal);
    }

    [Fact]
    public async Task names_are_indexed_upwards_only() =>
        Assert.Equal("400 FAILED_PRECONDITION", (await RunAsync("free", "", "__name__ desc", group: false)).Refusal);

    [Fact]
    public async Task the_refusal_names_the_index_to_add()
    {
        var answer = await RunAsync("jobs", $"state {Eq},due {Gt}", "", group: false);
        Assert.Contains(
            """{"collectionGroup":"jobs","queryScope":"COLLECTION","fields":[{"fieldPath":"state","order":"ASCENDING"},{"fieldPath":"due","order":"ASCENDING"}]}""",
            answer.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private Task<Answer> RunAsync(string collection, string filters, string orders, bool group) =>
        _client.PostAsync(":runQuery", $$"""{"structuredQuery":{{QueryText.Of(collection, filters, orders, group)}}}""");
}
