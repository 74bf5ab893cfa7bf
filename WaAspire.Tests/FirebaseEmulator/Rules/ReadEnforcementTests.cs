using System.Net;

namespace WaAspire.Tests.FirebaseEmulator.Rules;

public sealed class ReadEnforcementTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private const string Denied = "403 PERMISSION_DENIED";
    private readonly RulesClient _client = new(emulator.Http, $"test-{Guid.NewGuid():N}");

    [Fact]
    public async Task a_denied_get_is_403_with_googles_words_and_an_allowed_one_of_a_missing_document_404()
    {
        await _client.RulesAsync("match /open/{id} { allow get; } match /closed/{id} { allow get: if false; }");
        await _client.SetAsync("closed/there", "");
        var denied = await _client.GetAsync(null, "closed/there");
        Assert.Equal(Denied, denied.Refusal);
        Assert.Equal("Missing or insufficient permissions.", denied.Error.GetProperty("message").GetString());
        Assert.Equal(Denied, (await _client.GetAsync(null, "closed/missing")).Refusal);
        Assert.Equal(Denied, (await _client.GetAsync(null, "elsewhere/x")).Refusal);
        Assert.Equal("404 NOT_FOUND", (await _client.GetAsync(null, "open/missing")).Refusal);
        await _client.SetAsync("open/there", "");
        (await _client.GetAsync(null, "open/there")).Ok();
    }

    [Fact]
    public async Task administrators_and_service_accounts_pass_users_and_nobody_are_judged()
    {
        await _client.RulesAsync("match /c/{id} { allow get: if request.auth.uid == id; }");
        await _client.SetAsync("c/alice", "");
        (await _client.GetAsync("Bearer owner", "c/alice")).Ok();
        (await _client.GetAsync("Bearer ya29.opaque", "c/alice")).Ok();
        (await _client.GetAsync(_client.As("alice"), "c/alice")).Ok();
        Assert.Equal(Denied, (await _client.GetAsync(_client.As("bob"), "c/alice")).Refusal);
        Assert.Equal(Denied, (await _client.GetAsync(null, "c/alice")).Refusal);
    }

    [Fact]
    public async Task the_claims_of_the_token_are_what_rules_see()
    {
        await _client.RulesAsync("""
            match /c/email { allow get: if request.auth.token.email == 'a@example.com' && request.auth.token.email_verified; }
            match /c/claim { allow get: if request.auth.token.roles.hasAny(['x']) && request.auth.token.level >= 2; }
            match /c/provider { allow get: if request.auth.token.firebase.sign_in_provider == 'password'; }
            match /c/sub { allow get: if request.auth.token.sub == request.auth.uid; }
            """);
        foreach (var id in new[] { "email", "claim", "provider", "sub" })
            await _client.SetAsync($"c/{id}", "");
        var caller = _client.As("alice", ""","email":"a@example.com","email_verified":true,"roles":["x"],"level":2,"firebase":{"sign_in_provider":"password"}""");
        foreach (var id in new[] { "email", "claim", "provider", "sub" })
            (await _client.GetAsync(caller, $"c/{id}")).Ok();
        foreach (var id in new[] { "email", "claim", "provider" })
            Assert.Equal(Denied, (await _client.GetAsync(_client.As("alice"), $"c/{id}")).Refusal);
    }

    [Fact]
    public async Task one_denied_document_denies_the_whole_batchGet()
    {
        await _client.RulesAsync("match /c/{id} { allow get: if id != 'secret'; }");
        await _client.SetAsync("c/a", "");
        Assert.Equal(2, (await _client.PostAsync(null, ":batchGet", """{"documents":["…/c/a","…/c/missing"]}""")).Ok().Json.GetArrayLength());
        Assert.Equal(Denied, (await _client.PostAsync(null, ":batchGet", """{"documents":["…/c/a","…/c/secret"]}""")).Refusal);
    }

    [Fact]
    public async Task a_request_for_several_documents_may_read_twenty_others()
    {
        await _client.RulesAsync("match /c/{id} { allow get: if !exists(/databases/$(database)/documents/other/$(id)); }");
        string Get(int count) => $$"""{"documents":[{{string.Join(',', Enumerable.Range(0, count).Select(index => $"\"…/c/d{index}\""))}}]}""";
        (await _client.PostAsync(null, ":batchGet", Get(20))).Ok();
        Assert.Equal(Denied, (await _client.PostAsync(null, ":batchGet", Get(21))).Refusal);
    }

    [Fact]
    public async Task a_query_an_aggregation_and_a_list_need_the_proof()
    {
        await _client.RulesAsync("match /c/{id} { allow list: if resource.data.owner == request.auth.uid; } match /all/{id} { allow list; }");
        await _client.SetAsync("c/a", """ "owner":{"stringValue":"alice"} """);
        const string Mine = """{"from":[{"collectionId":"c"}],"where":{"fieldFilter":{"field":{"fieldPath":"owner"},"op":"EQUAL","value":{"stringValue":"alice"}}}}""";
        const string Everything = """{"from":[{"collectionId":"c"}]}""";
        string Count(string query) => $$"""{"structuredAggregationQuery":{"aggregations":[{"count":{} }],"structuredQuery":{{query}} } }""";
        var alice = _client.As("alice");

        Assert.Contains("owner", (await _client.QueryAsync(alice, Mine)).Ok().Json.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(Denied, (await _client.QueryAsync(alice, Everything)).Refusal);
        Assert.Equal(Denied, (await _client.QueryAsync(_client.As("bob"), Mine)).Refusal);
        (await _client.PostAsync(alice, ":runAggregationQuery", Count(Mine))).Ok();
        Assert.Equal(Denied, (await _client.PostAsync(alice, ":runAggregationQuery", Count(Everything))).Refusal);
        Assert.Equal(Denied, (await _client.GetAsync(alice, "c")).Refusal);
        (await _client.GetAsync(alice, "all")).Ok();
        Assert.Equal(Denied, (await _client.GetAsync(alice, "all/a/below")).Refusal);
    }

    [Fact]
    public async Task a_rule_may_ask_for_limit_offset_and_order()
    {
        await _client.RulesAsync("""
            match /limited/{id} { allow list: if request.query.limit <= 10; }
            match /plain/{id} { allow list: if request.query.offset == null; }
            match /ordered/{id} { allow list: if request.query.orderBy.at == 'DESC'; }
            """);
        (await _client.QueryAsync(null, """{"from":[{"collectionId":"limited"}],"limit":10}""")).Ok();
        Assert.Equal(Denied, (await _client.QueryAsync(null, """{"from":[{"collectionId":"limited"}],"limit":11}""")).Refusal);
        Assert.Equal(Denied, (await _client.QueryAsync(null, """{"from":[{"collectionId":"limited"}]}""")).Refusal);
        (await _client.QueryAsync(null, """{"from":[{"collectionId":"plain"}]}""")).Ok();
        Assert.Equal(Denied, (await _client.QueryAsync(null, """{"from":[{"collectionId":"plain"}],"offset":1}""")).Refusal);
        (await _client.QueryAsync(null, """{"from":[{"collectionId":"ordered"}],"orderBy":[{"field":{"fieldPath":"at"},"direction":"DESCENDING"}]}""")).Ok();
        Assert.Equal(Denied, (await _client.QueryAsync(null, """{"from":[{"collectionId":"ordered"}],"orderBy":[{"field":{"fieldPath":"at"}}]}""")).Refusal);
    }

    [Fact]
    public async Task a_listed_page_is_no_limit()
    {
        await _client.RulesAsync("match /limited/{id} { allow list: if request.query.limit <= 10; }");
        Assert.Equal(Denied, (await _client.GetAsync(null, "limited?pageSize=5")).Refusal);
    }

    [Fact]
    public async Task some_calls_are_for_administrators_even_under_open_rules()
    {
        await _client.RulesAsync("match /{all=**} { allow read, write; }");
        await _client.SetAsync("c/a", "");
        var alice = _client.As("alice");
        (await _client.GetAsync(alice, "c/a")).Ok();
        (await _client.GetAsync(alice, "c")).Ok();
        Assert.Equal(Denied, (await _client.PostAsync(alice, ":batchWrite", """{"writes":[]}""")).Refusal);
        Assert.Equal(Denied, (await _client.PostAsync(alice, ":listCollectionIds", "{}")).Refusal);
        Assert.Equal(Denied, (await _client.GetAsync(alice, "c?showMissing=true")).Refusal);
        Assert.Equal(Denied, (await _client.PostAsync(alice, ":partitionQuery", """{"structuredQuery":{"from":[{"collectionId":"c","allDescendants":true}],"orderBy":[{"field":{"fieldPath":"__name__"}}]},"partitionCount":"2"}""")).Refusal);
        Assert.Equal(Denied, (await _client.PostAsync(alice, ":beginTransaction", "{}")).Refusal);
        Assert.Equal(Denied, (await _client.PostAsync(alice, ":beginTransaction", """{"options":{"readWrite":{}}}""")).Refusal);
        Assert.Equal(Denied, (await _client.PostAsync(alice, ":batchGet", """{"documents":["…/c/a"],"newTransaction":{"readWrite":{}}}""")).Refusal);
        Assert.Equal(Denied, (await _client.PostAsync(alice, ":runQuery", """{"structuredQuery":{"from":[{"collectionId":"c"}]},"newTransaction":{}}""")).Refusal);
        (await _client.PostAsync(alice, ":beginTransaction", """{"options":{"readOnly":{}}}""")).Ok();
        (await _client.PostAsync(alice, ":batchGet", """{"documents":["…/c/a"],"newTransaction":{"readOnly":{}}}""")).Ok();
        (await _client.PostAsync("Bearer owner", ":batchWrite", """{"writes":[]}""")).Ok();
        (await _client.PostAsync("Bearer owner", ":beginTransaction", "{}")).Ok();
    }

    [Fact]
    public async Task rules_read_other_documents_at_the_moment_of_the_read()
    {
        await _client.RulesAsync("match /c/{id} { allow get: if get(/databases/$(database)/documents/switch/s).data.on; }");
        await _client.SetAsync("c/a", "");
        var on = await _client.SetAsync("switch/s", """ "on":{"booleanValue":true} """);
        (await _client.GetAsync(null, "c/a")).Ok();
        await _client.SetAsync("switch/s", """ "on":{"booleanValue":false} """);
        Assert.Equal(Denied, (await _client.GetAsync(null, "c/a")).Refusal);
        (await _client.GetAsync(null, $"c/a?readTime={on}")).Ok();
    }

    [Fact]
    public async Task a_hostile_token_is_refused_and_breaks_nothing()
    {
        await _client.RulesAsync("match /c/{id} { allow get: if request.auth.uid == id || request.auth.token.x == 1; }");
        string[] claims = [",\"x\":1e999", ",\"x\":[[[[[[[[]]]]]]]]", ",\"sub\":7", ",\"sub\":null", ",\"\":\"\"", ",\"x\":\"\\ud800\"", ",\"\\ud800\":1"];
        foreach (var claim in claims)
        {
            var answer = await _client.GetAsync(_client.As("mallory", claim), "c/alice");
            Assert.True(answer.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized, $"{claim}: {answer.Status}");
        }
    }
}
