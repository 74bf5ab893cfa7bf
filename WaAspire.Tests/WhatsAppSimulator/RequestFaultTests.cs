using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace WaAspire.Tests.WhatsAppSimulator;

public sealed class RequestFaultTests : IAsyncLifetime
{
    private Simulator _simulator = null!;

    public async Task InitializeAsync() => _simulator = await Simulator.StartAsync();

    public async Task DisposeAsync() => await _simulator.DisposeAsync();

    [Fact]
    public async Task error_answers_metas_body_once_and_then_things_are_well()
    {
        await FaultAsync(new { kind = "error", code = 131056 });
        using var refused = await _simulator.PostAsync(Simulator.Text("one"));
        await _simulator.SendAsync(Simulator.Text("two"));

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        var error = (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal(131056, error.GetProperty("code").GetInt32());
        Assert.StartsWith("(#131056)", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("two", await OnlyAcceptedAsync());
        Assert.Equal(["error/error", "accepted/"], await HistoryAsync());
    }

    [Fact]
    public async Task error_takes_another_status_subcode_and_message()
    {
        await FaultAsync(new { kind = "error", code = 130429, httpStatus = 400, subcode = 7, message = "Too much" });
        using var refused = await _simulator.PostAsync(Simulator.Text("one"));
        var error = (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(("Too much", 7), (error.GetProperty("message").GetString(), error.GetProperty("error_subcode").GetInt32()));
    }

    [Fact]
    public async Task http_answers_a_status_without_metas_body()
    {
        await FaultAsync(new { kind = "http", httpStatus = 503 });
        using var refused = await _simulator.PostAsync(Simulator.Text("one"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.DoesNotContain("\"error\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(await _simulator.AcceptedAsync());
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("hang")]
    public async Task a_connection_that_breaks_before_acceptance_leaves_nothing(string kind)
    {
        await FaultAsync(new { kind, @for = 50 });
        await Assert.ThrowsAsync<HttpRequestException>(() => _simulator.PostAsync(Simulator.Text("one")));
        Assert.Equal([$"dropped/{kind}"], await HistoryAsync());
        Assert.Empty(await _simulator.AcceptedAsync());
    }

    [Theory]
    [InlineData("acceptThenDrop")]
    [InlineData("acceptThenHang")]
    public async Task a_connection_that_breaks_after_acceptance_leaves_the_message(string kind)
    {
        await FaultAsync(new { kind, @for = 50 });
        await Assert.ThrowsAsync<HttpRequestException>(() => _simulator.PostAsync(Simulator.Text("one")));
        Assert.Equal([$"acceptedUnanswered/{kind}"], await HistoryAsync());
        Assert.Equal("one", await OnlyAcceptedAsync());
    }

    [Theory]
    [InlineData("slow")]
    [InlineData("acceptThenSlow")]
    [InlineData("acceptAfter")]
    public async Task a_slow_answer_is_still_an_answer(string kind)
    {
        await FaultAsync(new { kind, @for = 150 });
        var started = TimeProvider.System.GetTimestamp();
        await _simulator.SendAsync(Simulator.Text("one"));
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds, 140, 10_000);
        Assert.Equal("one", await OnlyAcceptedAsync());
    }

    [Fact]
    public async Task slow_does_not_accept_for_a_caller_that_has_gone()
    {
        await FaultAsync(new { kind = "slow", @for = 60_000 });
        await PostAndLeaveAsync();
        await Eventually.GetAsync(HistoryAsync, history => history is ["dropped/slow"]);
        Assert.Empty(await _simulator.AcceptedAsync());
    }

    [Fact]
    public async Task accept_after_accepts_for_a_caller_that_has_gone()
    {
        await FaultAsync(new { kind = "acceptAfter", @for = 2_000 });
        await PostAndLeaveAsync();
        Assert.Empty(await _simulator.AcceptedAsync());
        await Eventually.GetAsync(_simulator.AcceptedAsync, accepted => accepted.Length == 1);
        Assert.Equal(["acceptedUnanswered/acceptAfter"], await HistoryAsync());
    }

    [Fact]
    public async Task latency_slows_every_request_until_it_is_taken_away()
    {
        await _simulator.FaultsAsync(new { latency = 150 });
        var started = TimeProvider.System.GetTimestamp();
        using var refused = await _simulator.PostAsync(new { });
        Assert.True(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds >= 140);
        using var cleared = await _simulator.Http.DeleteAsync("/simulator/faults");
        var faults = await FaultsAsync();
        Assert.Equal(0, faults.GetProperty("latency").GetInt32());
    }

    [Fact]
    public async Task filters_choose_the_requests()
    {
        await _simulator.FaultsAsync(new
        {
            faults = new object[]
            {
                new { kind = "error", code = 1, to = "+40722222222" },
                new { kind = "error", code = 2, opaqueContains = "special" },
                new { kind = "error", code = 3, bodyContains = "șase 🎉\n" },
                new { kind = "error", code = 4, phoneNumberId = "999" },
            },
        });
        Assert.Null(await CodeAsync(Simulator.Text("plain")));
        Assert.Equal(1, await CodeAsync(Simulator.Text("plain", "+40 722 222 222")));
        Assert.Equal(2, await CodeAsync(Simulator.Text("plain", opaque: "so special:1")));
        Assert.Equal(3, await CodeAsync(Simulator.Text("am șase 🎉\nmere")));
        using var other = await _simulator.Http.PostAsJsonAsync("/v25.0/999/messages", Simulator.Text("plain"));
        Assert.Equal(HttpStatusCode.TooManyRequests, other.StatusCode);
    }

    [Fact]
    public async Task times_counts_down_and_shows_what_is_left()
    {
        await FaultAsync(new { kind = "error", code = 2, times = 3 });
        Assert.Equal(2, await CodeAsync(Simulator.Text("1")));
        Assert.Equal(2, await CodeAsync(Simulator.Text("2")));
        var state = (await FaultsAsync()).GetProperty("faults")[0];
        Assert.Equal((1, 2), (state.GetProperty("remaining").GetInt32(), state.GetProperty("hits").GetInt32()));
        Assert.Equal(2, await CodeAsync(Simulator.Text("3")));
        Assert.Null(await CodeAsync(Simulator.Text("4")));
    }

    [Fact]
    public async Task a_share_hits_some_and_the_same_seed_hits_the_same()
    {
        var first = await ShareAsync();
        Assert.Equal(first, await ShareAsync());
        Assert.InRange(first.Count(hit => hit), 5, 35);
    }

    [Fact]
    public async Task a_refused_request_spends_no_fault()
    {
        await FaultAsync(new { kind = "error", code = 2 });
        Assert.Equal(131008, await CodeAsync(new { messaging_product = "whatsapp", type = "text" }));
        Assert.Equal(2, await CodeAsync(Simulator.Text("valid")));
    }

    [Theory]
    [InlineData("""{"faults":[{"kind":"eror","code":1}]}""")]
    [InlineData("""{"faults":[{"kind":"error"}]}""")]
    [InlineData("""{"faults":[{"kind":"suppress"}]}""")]
    [InlineData("""{"faults":[{"kind":"drop","share":2}]}""")]
    [InlineData("""{"faults":[{"kind":"drop","times":0}]}""")]
    [InlineData("""{"faults":[{"kind":"hang","for":-1}]}""")]
    [InlineData("""{"webhooks":[{"kind":"suppress","status":"seen"}]}""")]
    [InlineData("""{"webhooks":[{"kind":"drop"}]}""")]
    [InlineData("""{"latency":-1}""")]
    [InlineData("""{"fault":[{"kind":"drop"}]}""")]
    [InlineData("""{"faults":[{"kind":"drop","time":3}]}""")]
    public async Task a_switch_that_makes_no_sense_is_refused_and_changes_nothing(string settings)
    {
        await FaultAsync(new { kind = "error", code = 2 });
        using var content = new StringContent(settings, System.Text.Encoding.UTF8, "application/json");
        using var response = await _simulator.Http.PutAsync("/simulator/faults", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(2, await CodeAsync(Simulator.Text("still there")));
    }

    [Fact]
    public async Task hanging_requests_do_not_hold_up_the_end_of_the_process()
    {
        var simulator = await Simulator.StartAsync();
        await simulator.FaultsAsync(new { faults = new[] { new { kind = "acceptThenHang", @for = 600_000 } } });
        var hanging = simulator.PostAsync(Simulator.Text("one"));
        await Eventually.GetAsync(simulator.AcceptedAsync, accepted => accepted.Length == 1);
        var started = TimeProvider.System.GetTimestamp();
        await simulator.DisposeAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
        await Assert.ThrowsAnyAsync<Exception>(() => hanging);
    }

    private Task FaultAsync(object fault) => _simulator.FaultsAsync(new { faults = new[] { fault } });

    private Task<JsonElement> FaultsAsync() => _simulator.Http.GetFromJsonAsync<JsonElement>("/simulator/faults");

    private async Task<int?> CodeAsync(object body)
    {
        using var response = await _simulator.PostAsync(body);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        return answer.TryGetProperty("error", out var error) ? error.GetProperty("code").GetInt32() : null;
    }

    private async Task<bool[]> ShareAsync()
    {
        await _simulator.FaultsAsync(new { seed = 7, faults = new[] { new { kind = "error", code = 2, share = 0.5 } } });
        var hits = new bool[40];
        for (var i = 0; i < hits.Length; i++) hits[i] = await CodeAsync(Simulator.Text($"m{i}")) is not null;
        return hits;
    }

    /// <summary>Leaves as soon as the fault has taken the request, which is what its hits say.</summary>
    private async Task PostAndLeaveAsync()
    {
        using var leave = new CancellationTokenSource();
        var posting = _simulator.PostAsync(Simulator.Text("one"), leave.Token);
        await Eventually.GetAsync(FaultsAsync, faults => faults.GetProperty("faults")[0].GetProperty("hits").GetInt32() == 1);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => posting);
    }

    private async Task<string> OnlyAcceptedAsync() =>
        Assert.Single(await _simulator.AcceptedAsync()).GetProperty("body").GetProperty("text").GetProperty("body").GetString()!;

    /// <summary>Answer and fault of every request, which the log gets right after the caller has seen the end.</summary>
    private async Task<string[]> HistoryAsync() => [.. (await Eventually.GetAsync(_simulator.RequestsAsync, all => all.Length > 0))
        .Select(entry => $"{entry.GetProperty("answer").GetString()}/{entry.GetProperty("fault").GetString()}")];
}
