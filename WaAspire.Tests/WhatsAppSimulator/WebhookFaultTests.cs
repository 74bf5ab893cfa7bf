using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.WhatsAppSimulator;

public sealed class WebhookFaultTests : IAsyncLifetime
{
    private WebhookReceiver _receiver = null!;
    private Simulator _simulator = null!;

    // One lane: what arrives first was posted first.
    public async Task InitializeAsync()
    {
        _receiver = await WebhookReceiver.StartAsync();
        _simulator = await Simulator.StartAsync(("Webhooks:Url", _receiver.Url), ("Webhooks:Lanes", "1"));
    }

    public async Task DisposeAsync()
    {
        await _simulator.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task suppress_swallows_one_status()
    {
        await FaultAsync(new { kind = "suppress", status = "sent" });
        var id = await _simulator.SendAsync(Simulator.Text("one"));
        Assert.Equal((id, "delivered"), await NextAsync());
    }

    [Fact]
    public async Task duplicate_tells_a_status_twice()
    {
        await FaultAsync(new { kind = "duplicate", status = "delivered" });
        await _simulator.SendAsync(Simulator.Text("one"));
        Assert.Equal(["sent", "delivered", "delivered"], await NextStatusesAsync(3));
    }

    [Fact]
    public async Task delay_tells_a_status_late()
    {
        await FaultAsync(new { kind = "delay", status = "sent", @for = 600 });
        await _simulator.SendAsync(Simulator.Text("one"));
        Assert.Equal(["delivered", "sent"], await NextStatusesAsync(2));
    }

    [Fact]
    public async Task reorder_lets_the_next_status_overtake()
    {
        await FaultAsync(new { kind = "reorder", status = "sent", opaqueContains = "mine" });
        await _simulator.SendAsync(Simulator.Text("one", opaque: "mine:1"));
        Assert.Equal(["delivered", "sent"], await NextStatusesAsync(2));
    }

    [Fact]
    public async Task reorder_tells_a_status_that_nothing_overtakes_after_a_while()
    {
        await FaultAsync(new { kind = "reorder", status = "delivered", @for = 300 });
        await _simulator.SendAsync(Simulator.Text("one"));
        Assert.Equal(["sent", "delivered"], await NextStatusesAsync(2));
    }

    [Fact]
    public async Task fail_status_ends_the_message_with_a_code()
    {
        await FaultAsync(new { kind = "failStatus", status = "delivered", code = 131047, bodyContains = "one" });
        var id = await _simulator.SendAsync(Simulator.Text("one", opaque: "r:1"));
        Assert.Equal((id, "sent"), await NextAsync());
        var failed = await _receiver.NextAsync();
        Assert.Equal((id, "failed", "r:1"), (failed.Id, failed.Status, failed.Opaque));
        Assert.Equal(131047, failed.Json.GetProperty("errors")[0].GetProperty("code").GetInt32());
        Assert.NotEmpty(failed.Json.GetProperty("errors")[0].GetProperty("error_data").GetProperty("details").GetString()!);

        // Opening the chat does not read what failed: the next thing told is about the next message.
        using var read = await _simulator.Http.PostAsJsonAsync(
            "/simulator/read", new { phoneNumberId = Simulator.Number, contact = Simulator.Person });
        var next = await _simulator.SendAsync(Simulator.Text("two"));
        Assert.Equal((next, "sent"), await NextAsync());
    }

    [Fact]
    public async Task an_inbound_message_can_come_twice_too()
    {
        await FaultAsync(new { kind = "duplicate", status = "inbound" });
        using var inbound = await _simulator.Http.PostAsJsonAsync(
            "/simulator/inbound", new { phoneNumberId = Simulator.Number, from = Simulator.Person, text = "hello" });
        var first = await _receiver.InboundAsync();
        var second = await _receiver.InboundAsync();
        Assert.Equal(first.GetProperty("id").GetString(), second.GetProperty("id").GetString());
    }

    [Fact]
    public async Task a_duplicate_can_come_later()
    {
        await FaultAsync(new { kind = "duplicate", status = "sent", @for = 600 });
        await _simulator.SendAsync(Simulator.Text("one"));
        Assert.Equal(["sent", "delivered", "sent"], await NextStatusesAsync(3));
    }

    [Fact]
    public async Task reorder_lets_what_a_person_writes_next_overtake()
    {
        await FaultAsync(new { kind = "reorder", status = "inbound", @for = 600_000 });
        var ids = new[]
        {
            await _simulator.WriteAsync(Simulator.Says("one")),
            await _simulator.WriteAsync(Simulator.Says("somebody else", from: "40722222222")),
            await _simulator.WriteAsync(Simulator.Says("two")),
        };
        Assert.Equal([ids[1], ids[2], ids[0]], await NextInboundAsync(3));
    }

    [Fact]
    public async Task shuffle_tells_everything_once_in_any_order()
    {
        var time = new ManualTime();
        await using var simulator = await Simulator.StartAsync(time, ("Webhooks:Url", _receiver.Url), ("Webhooks:Lanes", "1"));
        await simulator.FaultsAsync(new { seed = 7, webhooks = new[] { new { kind = "shuffle", status = "inbound", times = 20, @for = 10_000 } } });
        var ids = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            ids.Add(await simulator.WriteAsync(Simulator.Says($"m{i}", from: $"407000000{i:d2}")));
        }

        // Time stands still, so whatever was told now was not put off.
        await Eventually.GetAsync(HitsAsync, hits => hits == 20);
        await AdvanceUntilAsync(time, () => _receiver.Posts.Count >= 20);

        var told = await NextInboundAsync(20);
        Assert.Equal(ids.Order(), told.Order());
        Assert.NotEqual(ids, told);

        async Task<long> HitsAsync() =>
            (await simulator.Http.GetFromJsonAsync<JsonElement>("/simulator/faults")).GetProperty("webhooks")[0].GetProperty("hits").GetInt64();
    }

    [Fact]
    public async Task batching_puts_updates_of_every_kind_and_number_into_one_post()
    {
        // A second past a whole minute: what comes now waits for the next minute.
        var time = new ManualTime();
        time.Advance(TimeSpan.FromSeconds(1));
        await using var simulator = await Simulator.StartAsync(
            time, ("Webhooks:Url", _receiver.Url), ("Webhooks:Lanes", "1"), ("Webhooks:SentAfter", "00:00:00"), ("Webhooks:DeliveredAfter", "1.00:00:00"));
        await simulator.FaultsAsync(new { batch = new { max = 5, within = 60_000 }, webhooks = new[] { new { kind = "duplicate", status = "any", times = 100 } } });
        var sent = await simulator.SendAsync(Simulator.Text("out", opaque: "r:1"));
        string[] written = [await simulator.WriteAsync(Simulator.Says("one")), await simulator.WriteAsync(Simulator.Says("two", number: "106540352242923"))];

        // Everything is told twice, so that six waiting beside the delivered of tomorrow means that all have been decided.
        await Eventually.GetAsync(async () => (await simulator.StatusAsync()).GetProperty("pendingUpdates").GetInt32(), pending => pending == 7);
        Assert.Empty(_receiver.Posts);
        time.Advance(TimeSpan.FromMinutes(1));
        await AdvanceUntilAsync(time, () => _receiver.Posts.Count >= 2);

        Assert.Equal([written[0], written[0], written[1], written[1]], (await NextInboundAsync(4)).OrderBy(id => Array.IndexOf(written, id)));
        Assert.Equal((sent, "sent"), await NextAsync());
        Assert.Equal((sent, "sent"), await NextAsync());
        Assert.Equal([5, 1], _receiver.Posts.Select(Updates));
        Assert.Equal(1, (await simulator.Http.GetFromJsonAsync<JsonElement>("/simulator/faults")).GetProperty("batched").GetInt32());
    }

    [Theory]
    [InlineData(401, 0)]
    [InlineData(200, 1)]
    public async Task a_wrong_signature_is_followed_by_a_right_one_unless_it_was_believed(int answer, int believed)
    {
        await using var simulator = await Simulator.StartAsync(("Webhooks:Url", _receiver.Url), ("Webhooks:Lanes", "1"), ("Webhooks:RetryFirst", "00:00:00.010"));
        await simulator.FaultsAsync(new { webhooks = new[] { new { kind = "wrongSignature", share = 1.0 } } });
        _receiver.Answers.Enqueue(answer);

        await simulator.WriteAsync(Simulator.Says("hello"));
        await _receiver.InboundAsync();

        var posts = _receiver.Posts.ToArray();
        Assert.Equal(answer == 200 ? 1 : 2, posts.Length);
        Assert.NotEqual(Signature(posts[0]), posts[0].Signature);
        Assert.All(posts.Skip(1), post => Assert.Equal((Signature(posts[0]), Convert.ToHexString(posts[0].Body)), (post.Signature, Convert.ToHexString(post.Body))));
        var webhooks = await Eventually.GetAsync(async () => (await simulator.StatusAsync()).GetProperty("webhooks"), state => state.GetProperty("bytes").GetInt64() == 0);
        Assert.Equal((1, believed), (webhooks.GetProperty("wrongSignatures").GetInt32(), webhooks.GetProperty("wrongSignaturesTaken").GetInt32()));
    }

    [Theory]
    [InlineData("""{"batch":{"max":0,"within":100}}""")]
    [InlineData("""{"batch":{"max":1001,"within":100}}""")]
    [InlineData("""{"batch":{"max":10,"within":0}}""")]
    [InlineData("""{"batch":{"max":10,"within":100,"evry":1}}""")]
    [InlineData("""{"webhooks":[{"kind":"wrongSignature","to":"40712345678"}]}""")]
    [InlineData("""{"webhooks":[{"kind":"failStatus","status":"any"}]}""")]
    [InlineData("""{"faults":[{"kind":"wrongSignature"}]}""")]
    public async Task a_switch_that_could_do_nothing_is_refused(string settings)
    {
        using var content = new StringContent(settings, Encoding.UTF8, "application/json");
        using var response = await _simulator.Http.PutAsync("/simulator/faults", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task a_status_can_overtake_the_answer()
    {
        await _simulator.FaultsAsync(new { faults = new[] { new { kind = "acceptThenSlow", @for = 60_000 } } });
        using var leave = new CancellationTokenSource();
        var posting = _simulator.PostAsync(Simulator.Text("one", opaque: "r:1"), leave.Token);
        Assert.Equal("r:1", (await _receiver.StatusAsync("delivered")).Opaque);
        Assert.False(posting.IsCompleted);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => posting);
    }

    // A timer that is set while time is moved counts from where it was set: so time goes on until all is there.
    private static Task<bool> AdvanceUntilAsync(ManualTime time, Func<bool> isThere) => Eventually.GetAsync(
        () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(isThere());
        },
        there => there);

    private static string Signature(ReceivedPost post) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Simulator.Secret), post.Body));

    private static int Updates(ReceivedPost post) => JsonSerializer.Deserialize<JsonElement>(post.Body).GetProperty("entry")[0].GetProperty("changes").EnumerateArray()
        .SelectMany(change => new[] { "messages", "statuses" }.Where(name => change.GetProperty("value").TryGetProperty(name, out _)).Select(name => change.GetProperty("value").GetProperty(name).GetArrayLength()))
        .Sum();

    private async Task<string[]> NextInboundAsync(int count)
    {
        var ids = new string[count];
        for (var i = 0; i < count; i++) ids[i] = (await _receiver.InboundAsync()).GetProperty("id").GetString()!;
        return ids;
    }

    private Task FaultAsync(object fault) => _simulator.FaultsAsync(new { webhooks = new[] { fault } });

    private async Task<(string, string)> NextAsync() => await _receiver.NextAsync() is var next ? (next.Id, next.Status) : default;

    private async Task<string[]> NextStatusesAsync(int count)
    {
        var statuses = new string[count];
        for (var i = 0; i < count; i++) statuses[i] = (await _receiver.NextAsync()).Status;
        return statuses;
    }
}
