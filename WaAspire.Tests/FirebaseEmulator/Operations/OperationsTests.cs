using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace WaAspire.Tests.FirebaseEmulator.Operations;

public sealed class OperationsTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>, IAsyncLifetime
{
    private readonly EmulatorClient _client = emulator.Client();

    public async Task InitializeAsync()
    {
        await SendAsync(HttpMethod.Delete, "faults");
        await SendAsync(HttpMethod.Delete, "statistics");
    }

    public Task DisposeAsync() => SendAsync(HttpMethod.Delete, "faults");

    [Theory]
    [InlineData("UNAVAILABLE", "503 UNAVAILABLE")]
    [InlineData("ABORTED", "409 ABORTED")]
    [InlineData("RESOURCE_EXHAUSTED", "429 RESOURCE_EXHAUSTED")]
    public async Task a_failure_refuses_as_many_calls_as_asked_and_applies_none(string status, string refusal)
    {
        await FaultsAsync($$"""{"failures":[{"operation":"commit","status":"{{status}}","times":2}]}""");
        const string Create = """{"update":{"name":"…/c/failed","fields":{}},"currentDocument":{"exists":false}}""";
        Assert.Equal(refusal, (await _client.CommitAsync(Create)).Refusal);
        Assert.Equal("404 NOT_FOUND", (await _client.GetAsync("/c/failed")).Refusal);
        Assert.Equal(refusal, (await _client.CommitAsync(Create)).Refusal);
        (await _client.CommitAsync(Create)).Ok();
        await _client.WriteAsync("""{"delete":"…/c/failed"}""");
    }

    [Fact]
    public async Task a_lost_reply_is_applied_and_never_answered()
    {
        await FaultsAsync("""{"lostReplies":[{"operation":"commit","times":1,"contains":"c/lost"}]}""");
        await _client.SetAsync("c/other", "");
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.SetAsync("c/lost", ""));
        (await _client.GetAsync("/c/lost")).Ok();
        await _client.SetAsync("c/lost", "");
    }

    [Fact]
    public async Task a_lost_request_is_not_applied()
    {
        await FaultsAsync("""{"lostReplies":[{"operation":"*","beforeApply":true}]}""");
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.SetAsync("c/never", ""));
        Assert.Equal("404 NOT_FOUND", (await _client.GetAsync("/c/never")).Refusal);
    }

    [Fact]
    public async Task a_late_request_is_applied_after_its_caller_gave_up()
    {
        await FaultsAsync("""{"lostReplies":[{"operation":"commit","appliesAfter":300}]}""");
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.SetAsync("c/late", ""));
        Assert.Equal("404 NOT_FOUND", (await _client.GetAsync("/c/late")).Refusal);
        var patience = Stopwatch.StartNew();
        while ((await _client.GetAsync("/c/late")).Status != HttpStatusCode.OK)
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), "The late commit never landed.");
    }

    [Fact]
    public async Task latency_holds_every_answer_back()
    {
        await FaultsAsync("""{"latency":"00:00:00.2"}""");
        var watch = Stopwatch.StartNew();
        await _client.SetAsync("c/slow", "");
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(190));
    }

    [Fact]
    public async Task a_pause_holds_calls_until_it_is_over_and_no_longer()
    {
        // Watched from before the switch: the pause may begin while its own answer is still on its way.
        var watch = Stopwatch.StartNew();
        await FaultsAsync("""{"pause":1500}""");
        await _client.SetAsync("c/paused", "");
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(1400), $"{watch.Elapsed}");
        watch.Restart();
        for (var n = 0; n < 5; n++)
            await _client.SetAsync("c/paused", "");
        Assert.True(watch.Elapsed < TimeSpan.FromMilliseconds(5 * 1500), $"{watch.Elapsed}");
    }

    [Fact]
    public async Task a_clock_offset_moves_commit_times_which_rise_all_the_same()
    {
        var before = await _client.SetAsync("c/clock", """ "n":{"integerValue":"1"} """);
        await FaultsAsync("""{"clockOffset":"02:00:00"}""");
        var ahead = await _client.SetAsync("c/clock", """ "n":{"integerValue":"2"} """);
        Assert.InRange(Time(ahead) - Time(before), TimeSpan.FromMinutes(119), TimeSpan.FromMinutes(121));
        await FaultsAsync("""{"clockOffset":"-02:00:00"}""");
        var behind = await _client.SetAsync("c/clock", """ "n":{"integerValue":"3"} """);
        Assert.InRange(Time(behind) - Time(ahead), TimeSpan.FromMicroseconds(1), TimeSpan.FromSeconds(1));

        static DateTimeOffset Time(Answer answer) => DateTimeOffset.Parse(answer.CommitTime, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task an_error_rate_refuses_its_share_of_its_calls()
    {
        await FaultsAsync("""{"rates":[{"operation":"commit","status":"ABORTED","share":0.5}]}""");
        var answers = new List<Answer>();
        for (var n = 0; n < 100; n++)
            answers.Add(await _client.CommitAsync("""{"delete":"…/c/none"}"""));
        // Outside 10..90 of 100 at one half: once in 10^17 runs.
        Assert.InRange(answers.Count(answer => answer.Status == HttpStatusCode.Conflict), 10, 90);
        await _client.QueryAsync("""{"from":[{"collectionId":"c"}]}""");
    }

    [Theory]
    [InlineData("""{"rates":[{"operation":"commit","status":"ABORTED","share":1.5}]}""")]
    [InlineData("""{"clockOffset":"400.00:00:00"}""")]
    [InlineData("""{"failures":[{"operation":"commit","status":"NO_SUCH","times":1}]}""")]
    [InlineData("""{"failures":[{"operation":"commit","status":"ABORTED","times":0}]}""")]
    [InlineData("""{"latency":"01:00:00"}""")]
    [InlineData("""{"latncy":5}""")]
    public async Task a_plan_that_makes_no_sense_is_refused(string plan)
    {
        var answer = await _client.SendAsync(HttpMethod.Put, "/emulator/v1/faults", plan);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
    }

    [Fact]
    public async Task the_faults_that_are_left_are_shown_until_cleared()
    {
        await FaultsAsync("""{"failures":[{"operation":"list","status":"ABORTED","times":3}]}""");
        await _client.GetAsync("/c");
        var shown = (await SendAsync(HttpMethod.Get, "faults")).Ok().Json.GetProperty("failures")[0];
        Assert.Equal(2, shown.GetProperty("times").GetInt32());
        await SendAsync(HttpMethod.Delete, "faults");
        (await _client.GetAsync("/c")).Ok();
    }

    [Fact]
    public async Task statistics_count_what_firestore_bills()
    {
        await _client.WriteAsync("""{"update":{"name":"…/threads/a/messages/m","fields":{}}}""", """{"update":{"name":"…/outbox/o","fields":{}}}""", """{"verify":"…/outbox/o"}""", """{"delete":"…/outbox/none"}""");
        await _client.SetAsync("outbox/o", "");
        await _client.CommitAsync("""{"update":{"name":"…/outbox/o","fields":{}},"currentDocument":{"exists":false}}""");
        await _client.PostAsync(":batchGet", """{"documents":["…/outbox/o","…/outbox/none"]}""");
        await _client.QueryAsync("""{"from":[{"collectionId":"nothing"}]}""");
        await _client.QueryAsync("""{"from":[{"collectionId":"outbox"}],"offset":1}""");
        await _client.PostAsync(":runAggregationQuery", """{"structuredAggregationQuery":{"aggregations":[{"count":{}}],"structuredQuery":{"from":[{"collectionId":"outbox"}]}}}""");
        var report = (await SendAsync(HttpMethod.Get, "statistics")).Ok().Json;
        // One verify, two documents got (one of them missing), one empty query, one skipped document, one aggregation.
        Assert.Equal(6, report.GetProperty("documentReads").GetInt64());
        // The write that changed nothing is billed, the refused one is not.
        Assert.Equal(3, report.GetProperty("documentWrites").GetInt64());
        Assert.Equal(1, report.GetProperty("documentDeletes").GetInt64());
        Assert.Equal(3, report.GetProperty("calls").GetProperty("commit").GetInt64());
        Assert.Equal(1, report.GetProperty("writesByCollection").GetProperty("threads/*/messages").GetInt64());
        Assert.Equal(3, report.GetProperty("writesByCollection").GetProperty("outbox").GetInt64());

        await SendAsync(HttpMethod.Delete, "statistics");
        Assert.Equal(0, (await SendAsync(HttpMethod.Get, "statistics")).Json.GetProperty("documentReads").GetInt64());
    }

    [Fact]
    public async Task a_history_tells_every_version_oldest_first_and_keeps_the_last_fifty()
    {
        await _client.SetAsync("c/told", """ "n":{"integerValue":"0"} """);
        await _client.SetAsync("c/told", """ "n":{"integerValue":"0"} """);
        await _client.WriteAsync("""{"delete":"…/c/told"}""");
        var versions = await HistoryAsync("c/told");
        Assert.Equal(2, versions.Length);
        Assert.Equal("0", versions[0].GetProperty("document").GetProperty("fields").GetProperty("n").GetProperty("integerValue").GetString());
        Assert.True(versions[1].GetProperty("deleted").GetBoolean());

        for (var n = 1; n <= 60; n++)
            await _client.SetAsync("c/told", $$""" "n":{"integerValue":"{{n}}"} """);
        versions = await HistoryAsync("c/told");
        Assert.Equal(Enumerable.Range(11, 50), versions.Select(version => int.Parse(version.GetProperty("document").GetProperty("fields").GetProperty("n").GetProperty("integerValue").GetString()!)));
    }

    [Fact]
    public async Task a_history_is_of_a_document() =>
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Get, "history/c?project=p")).Status);

    [Fact]
    public async Task a_wipe_clears_one_project_only()
    {
        var other = emulator.Client();
        await other.SetAsync("c/stays", "");
        await _client.SetAsync("c/goes", "");
        (await _client.SendAsync(HttpMethod.Delete, $"/emulator/v1/projects/{_client.Project}/databases/(default)/documents", null)).Ok();
        Assert.Equal("404 NOT_FOUND", (await _client.GetAsync("/c/goes")).Refusal);
        Assert.Empty(await HistoryAsync("c/goes"));
        (await other.GetAsync("/c/stays")).Ok();
    }

    private async Task FaultsAsync(string plan) => (await _client.SendAsync(HttpMethod.Put, "/emulator/v1/faults", plan)).Ok();

    private Task<Answer> SendAsync(HttpMethod method, string what) => _client.SendAsync(method, $"/emulator/v1/{what}", null);

    private async Task<JsonElement[]> HistoryAsync(string path) =>
        [.. (await SendAsync(HttpMethod.Get, $"history/{path}?project={_client.Project}")).Ok().Json.GetProperty("versions").EnumerateArray()];
}
