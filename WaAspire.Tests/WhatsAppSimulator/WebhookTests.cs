using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WaAspire.WhatsAppSimulator.Webhooks;

namespace WaAspire.Tests.WhatsAppSimulator;

public sealed class WebhookTests : IAsyncLifetime
{
    private WebhookReceiver _receiver = null!;

    public async Task InitializeAsync() => _receiver = await WebhookReceiver.StartAsync();

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    [Theory]
    [InlineData(
        """{"object":"whatsapp_business_account","entry":[]}""",
        "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756")]
    [InlineData(
        """{"text":"\u00e4\u00f6\u00e5"}""",
        "sha256=02331cadf5416e9e5dc4ecf73b5c9b7aa6577a90b90fbb6bad6e9a35d8a8f6a9")]
    public void the_signature_is_the_known_one(string body, string signature) =>
        Assert.Equal(signature, WebhookSignature.Of("test_app_secret", Encoding.ASCII.GetBytes(body)));

    [Fact]
    public async Task an_accepted_message_is_reported_sent_then_delivered_with_its_opaque_data()
    {
        await using var simulator = await StartAsync();
        var id = await simulator.SendAsync(Simulator.Text("hi", opaque: "request-1:1 țară"));

        var sent = await _receiver.NextAsync();
        var delivered = await _receiver.NextAsync();

        Assert.Equal(["sent", "delivered"], new[] { sent.Status, delivered.Status });
        Assert.All(new[] { sent, delivered }, status => Assert.Equal((id, "request-1:1 țară"), (status.Id, status.Opaque)));
        Assert.Equal(Simulator.Person, sent.Json.GetProperty("recipient_id").GetString());
        var seconds = long.Parse(sent.Json.GetProperty("timestamp").GetString()!, CultureInfo.InvariantCulture);
        Assert.InRange(seconds, 1_700_000_000, 9_999_999_999);
        Assert.Equal("PMP", sent.Json.GetProperty("pricing").GetProperty("pricing_model").GetString());
    }

    [Fact]
    public async Task every_post_is_signed_over_its_raw_bytes_which_are_ascii()
    {
        await using var simulator = await StartAsync();
        await simulator.SendAsync(Simulator.Text("țară", opaque: "ș"));
        using var inbound = await simulator.Http.PostAsJsonAsync(
            "/simulator/inbound",
            new { phoneNumberId = Simulator.Number, from = "+" + Simulator.Person, name = "Ana Țepeș", text = "Bună 🎉" });
        var message = await _receiver.InboundAsync();
        await _receiver.StatusAsync("delivered");

        Assert.Equal("Bună 🎉", message.GetProperty("text").GetProperty("body").GetString());
        Assert.Equal(Simulator.Person, message.GetProperty("from").GetString());
        Assert.NotEmpty(_receiver.Posts);
        foreach (var post in _receiver.Posts)
        {
            Assert.All(post.Body, value => Assert.InRange(value, 0x20, 0x7E));
            var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Simulator.Secret), post.Body);
            Assert.Equal("sha256=" + Convert.ToHexStringLower(expected), post.Signature);
        }
    }

    [Fact]
    public async Task the_envelope_names_account_number_and_field()
    {
        await using var simulator = await StartAsync();
        await simulator.SendAsync(Simulator.Text("hi"));
        await _receiver.NextAsync();

        var body = JsonSerializer.Deserialize<JsonElement>(_receiver.Posts.First().Body);
        var change = body.GetProperty("entry")[0].GetProperty("changes")[0];
        Assert.Equal("whatsapp_business_account", body.GetProperty("object").GetString());
        Assert.NotEmpty(body.GetProperty("entry")[0].GetProperty("id").GetString()!);
        Assert.Equal("messages", change.GetProperty("field").GetString());
        Assert.Equal("whatsapp", change.GetProperty("value").GetProperty("messaging_product").GetString());
        Assert.Equal(Simulator.Number, change.GetProperty("value").GetProperty("metadata").GetProperty("phone_number_id").GetString());
    }

    [Fact]
    public async Task an_update_that_is_refused_comes_again_with_the_same_bytes()
    {
        await using var simulator = await StartAsync(
            ("Webhooks:RetryFirst", "00:00:00.010"), ("Webhooks:DeliveredAfter", "1.00:00:00"));
        foreach (var answer in new[] { 500, 404, 201 }) _receiver.Answers.Enqueue(answer);

        var id = await simulator.SendAsync(Simulator.Text("hi"));

        var sent = await _receiver.NextAsync();
        Assert.Equal((id, "sent"), (sent.Id, sent.Status));
        var posts = _receiver.Posts.ToArray();
        Assert.Equal(4, posts.Length);
        Assert.All(posts, post => Assert.Equal(posts[0].Body, post.Body));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(6, 32)]
    [InlineData(7, 60)]
    [InlineData(5000, 60)]
    public void retries_wait_longer_and_longer_up_to_the_cap(int attempt, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), WebhookQueue.RetryWait(attempt, new WebhookOptions()));

    [Fact]
    public async Task a_receiver_that_is_not_there_delays_no_answer_and_fills_no_memory()
    {
        await using var simulator = await StartAsync(
            ("Webhooks:Url", "http://127.0.0.1:1/nobody"), ("Webhooks:DeliveriesMax", "1"), ("Webhooks:RetryFirst", "1.00:00:00"));
        await simulator.SendAsync(Simulator.Text("one"));
        await simulator.SendAsync(Simulator.Text("two", "+40722222222"));
        await simulator.SendAsync(Simulator.Text("three", "+40733333333"));

        var webhooks = await Eventually.GetAsync(
            async () => (await simulator.Http.GetFromJsonAsync<JsonElement>("/simulator/status")).GetProperty("webhooks"),
            state => state.GetProperty("dropped").GetInt32() > 0);
        Assert.Equal(1, webhooks.GetProperty("queued").GetInt32());
        Assert.Equal(3, (await simulator.AcceptedAsync()).Length);
    }

    [Fact]
    public async Task a_receiver_that_is_not_there_is_kept_no_more_bytes_than_allowed()
    {
        await using var simulator = await StartAsync(
            ("Webhooks:Url", "http://127.0.0.1:1/nobody"), ("Webhooks:DeliveriesBytesMax", "4194304"), ("Webhooks:RetryFirst", "1.00:00:00"));
        var message = new { type = "text", text = new { body = new string('x', 900_000) } };
        for (var i = 0; i < 6; i++) await simulator.WriteAsync(new { phoneNumberId = Simulator.Number, from = Simulator.Person, message });

        var webhooks = await Eventually.GetAsync(
            async () => (await simulator.StatusAsync()).GetProperty("webhooks"),
            state => state.GetProperty("queued").GetInt32() + state.GetProperty("dropped").GetInt32() == 6);
        Assert.Equal(2, webhooks.GetProperty("dropped").GetInt32());
        Assert.InRange(webhooks.GetProperty("bytes").GetInt64(), 1, 4194304);
    }

    [Fact]
    public async Task statuses_that_are_due_together_travel_together_up_to_the_limit()
    {
        await using var simulator = await StartAsync(
            ("Webhooks:BatchMax", "4"), ("Webhooks:Tick", "00:00:01"), ("Webhooks:DeliveredAfter", "1.00:00:00"));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => simulator.SendAsync(Simulator.Text($"m{i}"))));
        for (var i = 0; i < 20; i++) await _receiver.NextAsync();

        // Twenty sends fall on at most a few ticks of one second: far fewer POSTs than statuses.
        Assert.InRange(_receiver.Posts.Count, 5, 15);
        Assert.All(_receiver.Posts, post => Assert.InRange(StatusCount(post), 1, 4));
    }

    [Fact]
    public async Task opening_the_chat_reports_read_once()
    {
        await using var simulator = await StartAsync();
        var id = await simulator.SendAsync(Simulator.Text("hi", opaque: "r:1"));
        await _receiver.StatusAsync("delivered");

        for (var i = 0; i < 3; i++)
        {
            using var response = await simulator.Http.PostAsJsonAsync(
                "/simulator/read", new { phoneNumberId = Simulator.Number, contact = Simulator.Person });
            response.EnsureSuccessStatusCode();
        }

        var read = await _receiver.StatusAsync("read");
        Assert.Equal((id, "r:1"), (read.Id, read.Opaque));
        // The next message's first status comes next: no second read is on its way.
        await simulator.SendAsync(Simulator.Text("next"));
        Assert.Equal("sent", (await _receiver.NextAsync()).Status);
    }

    [Fact]
    public async Task read_comes_by_itself_when_configured()
    {
        await using var simulator = await StartAsync(("Webhooks:ReadAfter", "00:00:00.250"));
        await simulator.SendAsync(Simulator.Text("hi"));
        Assert.Equal("read", (await _receiver.StatusAsync("read")).Status);
    }

    [Fact]
    public async Task a_reaction_is_reported_sent_and_no_further()
    {
        await using var simulator = await StartAsync();
        var id = await simulator.SendAsync(Simulator.Text("hi"));
        await _receiver.StatusAsync("delivered");
        var reaction = await simulator.SendAsync(new
        {
            messaging_product = "whatsapp",
            to = "+" + Simulator.Person,
            type = "reaction",
            reaction = new { message_id = id, emoji = "👍" },
        });
        Assert.Equal((reaction, "sent"), await NextAsync());

        var after = await simulator.SendAsync(Simulator.Text("after"));
        Assert.Equal((after, "sent"), await NextAsync());
        Assert.Equal((after, "delivered"), await NextAsync());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"phoneNumberId":null,"from":"40712345678","text":"hi"}""")]
    [InlineData("""{"phoneNumberId":"106540352242922","from":"ana","text":"hi"}""")]
    [InlineData("""{"phoneNumberId":"106540352242922","from":"40712345678","text":" "}""")]
    [InlineData("""{"phoneNumberId":"nobody","from":"40712345678","text":"hi"}""")]
    public async Task an_inbound_message_that_makes_no_sense_is_refused(string body)
    {
        await using var simulator = await StartAsync();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await simulator.Http.PostAsync("/simulator/inbound", content);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task verification_reports_what_the_receiver_does()
    {
        await using var simulator = await StartAsync();
        _receiver.Verify = request => request.Query["hub.mode"] == "subscribe" && request.Query["hub.verify_token"] == Simulator.VerifyToken
            ? (200, request.Query["hub.challenge"].ToString())
            : (403, "");
        Assert.True(await VerifiedAsync(simulator));
        _receiver.Verify = request => (200, $"\"{request.Query["hub.challenge"]}\"");
        Assert.False(await VerifiedAsync(simulator));
        _receiver.Verify = _ => (403, "");
        Assert.False(await VerifiedAsync(simulator));
    }

    private async Task<(string, string)> NextAsync() => await _receiver.NextAsync() is var next ? (next.Id, next.Status) : default;

    private Task<Simulator> StartAsync(params (string, string)[] settings) =>
        Simulator.StartAsync([("Webhooks:Url", _receiver.Url), ("Webhooks:Lanes", "1"), .. settings]);

    private static async Task<bool> VerifiedAsync(Simulator simulator)
    {
        using var response = await simulator.Http.PostAsync("/simulator/webhooks/verify", null);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("verified").GetBoolean();
    }

    private static int StatusCount(ReceivedPost post) => JsonSerializer.Deserialize<JsonElement>(post.Body)
        .GetProperty("entry")[0].GetProperty("changes")[0].GetProperty("value").GetProperty("statuses").GetArrayLength();
}
