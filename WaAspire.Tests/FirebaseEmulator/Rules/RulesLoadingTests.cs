using System.Net;
using WaAspire.FirebaseEmulator;

namespace WaAspire.Tests.FirebaseEmulator.Rules;

public sealed class RulesLoadingTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private const string Open = "service cloud.firestore { match /databases/{d}/documents/{all=**} { allow read, write; } }";
    private const string Closed = "service cloud.firestore { match /databases/{d}/documents/{all=**} { allow read, write: if false; } }";
    private readonly RulesClient _client = new(emulator.Http, $"test-{Guid.NewGuid():N}");

    [Fact]
    public async Task without_rules_everything_is_open_to_everybody()
    {
        (await _client.CommitAsync(null, """{"update":{"name":"…/c/a","fields":{}}}""")).Ok();
        (await _client.GetAsync(_client.As("alice"), "c/a")).Ok();
    }

    [Fact]
    public async Task rules_are_replaced_while_running_and_only_for_their_project()
    {
        var other = new RulesClient(emulator.Http, $"test-{Guid.NewGuid():N}");
        (await _client.LoadAsync(Closed)).Ok();
        Assert.Equal("403 PERMISSION_DENIED", (await _client.GetAsync(null, "c/a")).Refusal);
        Assert.Equal("404 NOT_FOUND", (await other.GetAsync(null, "c/a")).Refusal);
        (await _client.LoadAsync(Open)).Ok();
        Assert.Equal("404 NOT_FOUND", (await _client.GetAsync(null, "c/a")).Refusal);
    }

    [Fact]
    public async Task malformed_rules_leave_the_old_ones_in_force_and_say_where()
    {
        (await _client.LoadAsync(Closed)).Ok();
        var refused = await _client.LoadAsync("service cloud.firestore {\n match /a/{b} { allow read: if nobody; } }");
        Assert.Equal("400 INVALID_ARGUMENT", refused.Refusal);
        Assert.StartsWith("test.rules:2:32: unknown variable 'nobody'", refused.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("403 PERMISSION_DENIED", (await _client.GetAsync(null, "c/a")).Refusal);

        var issue = (await _client.LoadAsync("service cloud.firestore {\n match", ""","ignore_errors":true""")).Ok().Json.GetProperty("issues")[0];
        Assert.Equal(2, issue.GetProperty("sourcePosition").GetProperty("line").GetInt32());
        Assert.Equal("ERROR", issue.GetProperty("severity").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"rules":{}}""")]
    [InlineData("""{"rules":{"files":[]}}""")]
    [InlineData("""{"rules":{"files":[{"name":"x"}]}}""")]
    [InlineData("""{"rules":{"files":[{"content":5}]}}""")]
    [InlineData("""{"rules":{"files":[{"content":"\ud800"}]}}""")]
    [InlineData("""{"rules":{"files":[{"content":"a","content":"b"}]}}""")]
    [InlineData("""{"rules":[{"content":"a"}]}""")]
    [InlineData("""{"rules":{"files":[{"content":"a"},{"content":"b"}]}}""")]
    [InlineData("""{"other":1}""")]
    public async Task a_malformed_upload_is_refused(string body)
    {
        var answer = await new EmulatorClient(emulator.Http, "p").SendAsync(HttpMethod.Put, "/emulator/v1/projects/p:securityRules", body);
        Assert.Equal("400 INVALID_ARGUMENT", answer.Refusal);
    }

    [Fact]
    public async Task the_file_of_the_start_holds_for_every_project_without_rules_of_its_own()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.rules");
        await File.WriteAllTextAsync(file, Closed);
        await using var app = EmulatorHost.Create(["--urls", "http://127.0.0.1:0", "--Firestore:RulesFile", file]);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };
        var (one, other) = (new RulesClient(http, "one"), new RulesClient(http, "other"));
        Assert.Equal(HttpStatusCode.Forbidden, (await one.GetAsync(null, "c/a")).Status);
        (await one.LoadAsync(Open)).Ok();
        Assert.Equal(HttpStatusCode.NotFound, (await one.GetAsync(null, "c/a")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await other.GetAsync(null, "c/a")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync("Bearer owner", "c/a")).Status);
        File.Delete(file);
    }
}
