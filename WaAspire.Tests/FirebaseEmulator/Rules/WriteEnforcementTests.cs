using System.Text.Json;

namespace WaAspire.Tests.FirebaseEmulator.Rules;

public sealed class WriteEnforcementTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private const string Denied = "403 PERMISSION_DENIED";
    private const string Update = """{"update":{"name":"…/c/a","fields":{"n":{"integerValue":"1"}}}}""";
    private readonly RulesClient _client = new(emulator.Http, $"test-{Guid.NewGuid():N}");

    [Fact]
    public async Task whether_the_document_is_there_makes_a_write_a_create_or_an_update()
    {
        await _client.RulesAsync("match /c/{id} { allow create; }");
        (await _client.CommitAsync(null, Update)).Ok();
        Assert.Equal(Denied, (await _client.CommitAsync(null, Update)).Refusal);
        Assert.Equal(Denied, (await _client.CommitAsync(null, """{"delete":"…/c/a"}""")).Refusal);

        await _client.RulesAsync("match /c/{id} { allow update, delete; }");
        (await _client.CommitAsync(null, Update)).Ok();
        Assert.Equal(Denied, (await _client.CommitAsync(null, """{"update":{"name":"…/c/b","fields":{}}}""")).Refusal);
        (await _client.CommitAsync(null, """{"delete":"…/c/a"}""")).Ok();
    }

    [Fact]
    public async Task the_calls_on_one_document_are_judged_like_commits()
    {
        await _client.RulesAsync("match /c/{id} { allow create: if id == 'new'; allow update: if request.resource.data.n == 2; allow delete: if resource.data.n == 2; }");
        await _client.SetAsync("c/a", """ "n":{"integerValue":"1"} """);
        Assert.Equal(Denied, (await _client.SendAsync(HttpMethod.Post, null, "/c?documentId=other", "{}")).Refusal);
        (await _client.SendAsync(HttpMethod.Post, null, "/c?documentId=new", "{}")).Ok();
        Assert.Equal(Denied, (await _client.SendAsync(HttpMethod.Delete, null, "/c/a")).Refusal);
        Assert.Equal(Denied, (await _client.SendAsync(HttpMethod.Patch, null, "/c/a", """{"fields":{"n":{"integerValue":"3"}}}""")).Refusal);
        (await _client.SendAsync(HttpMethod.Patch, null, "/c/a", """{"fields":{"n":{"integerValue":"2"}}}""")).Ok();
        (await _client.SendAsync(HttpMethod.Delete, null, "/c/a")).Ok();
    }

    [Fact]
    public async Task one_denied_write_denies_the_commit_and_applies_nothing()
    {
        await _client.RulesAsync("match /c/{id} { allow read, create; }");
        Assert.Equal(Denied, (await _client.CommitAsync(null, Update, """{"update":{"name":"…/closed/x","fields":{}}}""")).Refusal);
        Assert.Equal("404 NOT_FOUND", (await _client.GetAsync(null, "c/a")).Refusal);
    }

    [Fact]
    public async Task each_write_meets_the_state_after_those_before_it()
    {
        await _client.RulesAsync("match /c/{id} { allow create: if request.resource.data.n == 1; allow update: if resource.data.n == 1 && request.resource.data.n == 2; }");
        var first = """{"update":{"name":"…/c/a","fields":{"n":{"integerValue":"1"}}}}""";
        var second = """{"update":{"name":"…/c/a","fields":{"n":{"integerValue":"2"}}}}""";
        Assert.Equal(Denied, (await _client.CommitAsync(null, second, first)).Refusal);
        (await _client.CommitAsync(null, first, second)).Ok();
    }

    [Theory]
    [InlineData("request.resource.data.keys().hasOnly(['keep', 'n', 'at'])", true)]
    [InlineData("request.resource.data.keep == 'me'", true)]
    [InlineData("request.resource.data.n == 6", true)]
    [InlineData("!('gone' in request.resource.data) && 'gone' in resource.data", true)]
    [InlineData("request.resource.data.at == request.time", true)]
    [InlineData("request.resource.data.diff(resource.data).affectedKeys().hasOnly(['n', 'at', 'gone'])", true)]
    [InlineData("request.resource.data.diff(resource.data).affectedKeys().hasOnly(['n', 'at'])", false)]
    [InlineData("request.resource.data.n == 1", false)]
    [InlineData("'unmasked' in request.resource.data", false)]
    [InlineData("request.resource.id == 'a' && request.resource.__name__ == request.path", true)]
    [InlineData("request.method == 'update' && resource.data.n == 5", true)]
    public async Task the_new_document_is_as_it_will_be_after_mask_and_transforms(string condition, bool allowed)
    {
        await _client.RulesAsync($$"""match /c/{id} { allow update: if {{condition}}; }""");
        await _client.SetAsync("c/a", """ "keep":{"stringValue":"me"},"gone":{"integerValue":"1"},"n":{"integerValue":"5"} """);
        var answer = await _client.CommitAsync(null, """
            {"update":{"name":"…/c/a","fields":{"unmasked":{"integerValue":"1"}}},"updateMask":{"fieldPaths":["gone"]},
             "updateTransforms":[{"fieldPath":"n","increment":{"integerValue":"1"}},{"fieldPath":"at","setToServerValue":"REQUEST_TIME"}]}
            """);
        Assert.Equal(allowed ? "200" : Denied, (int)answer.Status == 200 ? "200" : answer.Refusal);
    }

    [Fact]
    public async Task get_sees_the_state_before_the_commit_and_getAfter_the_one_behind_all_of_it()
    {
        await _client.RulesAsync("""
            match /order/{id} { allow create: if getAfter(/databases/$(database)/documents/stock/s).data.n == get(/databases/$(database)/documents/stock/s).data.n - 1; }
            match /stock/{id} { allow update: if existsAfter(/databases/$(database)/documents/order/o) && !exists(/databases/$(database)/documents/order/o); }
            """);
        await _client.SetAsync("stock/s", """ "n":{"integerValue":"9"} """);
        var order = """{"update":{"name":"…/order/o","fields":{}}}""";
        string Stock(int n) => $$"""{"update":{"name":"…/stock/s","fields":{"n":{"integerValue":"{{n}}"} } } }""";
        Assert.Equal(Denied, (await _client.CommitAsync(null, order)).Refusal);
        Assert.Equal(Denied, (await _client.CommitAsync(null, Stock(8))).Refusal);
        Assert.Equal(Denied, (await _client.CommitAsync(null, order, Stock(7))).Refusal);
        (await _client.CommitAsync(null, order, Stock(8))).Ok();
    }

    [Fact]
    public async Task getAfter_of_a_document_that_the_commit_deletes_is_null()
    {
        await _client.RulesAsync("match /a/{id} { allow create: if !existsAfter(/databases/$(database)/documents/b/x) && exists(/databases/$(database)/documents/b/x); } match /b/{id} { allow delete; }");
        await _client.SetAsync("b/x", "");
        Assert.Equal(Denied, (await _client.CommitAsync(null, """{"update":{"name":"…/a/x","fields":{}}}""")).Refusal);
        (await _client.CommitAsync(null, """{"update":{"name":"…/a/x","fields":{}}}""", """{"delete":"…/b/x"}""")).Ok();
    }

    [Fact]
    public async Task who_may_not_write_learns_nothing_from_preconditions()
    {
        await _client.RulesAsync("match /open/{id} { allow write; }");
        await _client.SetAsync("c/there", "");
        await _client.SetAsync("open/there", "");
        Assert.Equal(Denied, (await _client.CommitAsync(null, """{"update":{"name":"…/c/there","fields":{}},"currentDocument":{"exists":false}}""")).Refusal);
        Assert.Equal(Denied, (await _client.CommitAsync(null, """{"update":{"name":"…/c/missing","fields":{}},"currentDocument":{"exists":true}}""")).Refusal);
        Assert.Equal("409 ALREADY_EXISTS", (await _client.CommitAsync(null, """{"update":{"name":"…/open/there","fields":{}},"currentDocument":{"exists":false}}""")).Refusal);
        Assert.Equal("404 NOT_FOUND", (await _client.CommitAsync(null, """{"update":{"name":"…/open/missing","fields":{}},"currentDocument":{"exists":true}}""")).Refusal);
    }

    [Fact]
    public async Task a_verify_needs_the_right_to_get()
    {
        await _client.RulesAsync("match /c/{id} { allow get; } match /d/{id} { allow write; }");
        (await _client.CommitAsync(null, """{"verify":"…/c/a","currentDocument":{"exists":false}}""")).Ok();
        Assert.Equal(Denied, (await _client.CommitAsync(null, """{"verify":"…/d/a","currentDocument":{"exists":false}}""")).Refusal);
    }

    [Fact]
    public async Task a_users_commit_belongs_to_no_transaction()
    {
        await _client.RulesAsync("match /{all=**} { allow read, write; }");
        var begun = (await _client.PostAsync("Bearer owner", ":beginTransaction", "{}")).Ok().Json.GetProperty("transaction").GetString();
        Assert.Equal(Denied, (await _client.PostAsync(_client.As("alice"), ":commit", $$"""{"writes":[],"transaction":"{{begun}}"}""")).Refusal);
    }

    [Fact]
    public async Task a_commit_of_several_writes_may_read_twenty_others_and_one_write_ten()
    {
        await _client.RulesAsync("""
            match /one/{id} { allow create: if !exists(/databases/$(database)/documents/o/$(id)); }
            match /eleven/{id} { allow create: if [1].hasAll([1])
              && !exists(/databases/$(database)/documents/o/a) && !exists(/databases/$(database)/documents/o/b)
              && !exists(/databases/$(database)/documents/o/c) && !exists(/databases/$(database)/documents/o/d)
              && !exists(/databases/$(database)/documents/o/e) && !exists(/databases/$(database)/documents/o/f)
              && !exists(/databases/$(database)/documents/o/g) && !exists(/databases/$(database)/documents/o/h)
              && !exists(/databases/$(database)/documents/o/i) && !exists(/databases/$(database)/documents/o/j)
              && !exists(/databases/$(database)/documents/o/k); }
            """);
        string[] Writes(string run, int count) => [.. Enumerable.Range(0, count).Select(index => $$"""{"update":{"name":"…/one/{{run}}{{index}}","fields":{} } }""")];
        (await _client.CommitAsync(null, Writes("x", 20))).Ok();
        Assert.Equal(Denied, (await _client.CommitAsync(null, Writes("y", 21))).Refusal);
        Assert.Equal(Denied, (await _client.CommitAsync(null, """{"update":{"name":"…/eleven/a","fields":{} } }""", Writes("z", 1)[0])).Refusal);
    }

    [Fact]
    public async Task an_administrator_commits_whatever_the_rules_say()
    {
        await _client.RulesAsync("");
        (await _client.CommitAsync("Bearer owner", Update)).Ok();
        (await _client.PostAsync("Bearer owner", ":batchWrite", $$"""{"writes":[{{Update}}]}""")).Ok();
        Assert.Equal(JsonValueKind.Object, (await _client.GetAsync("Bearer owner", "c/a")).Ok().Json.ValueKind);
    }
}
