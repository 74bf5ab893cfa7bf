using System.Text.Json;

namespace WaAspire.Tests.Proxy;

[Collection(ProxyCollection.Name)]
public sealed class EnvelopeTests(ProxyUnderTest proxy)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/nowhere")]
    [InlineData("/another-project/us-central1/whatsappProxySend")]
    public async Task an_unknown_path_is_told_in_the_envelope(string path)
    {
        (await ProxyUnderTest.PostAsync(proxy.Client, path, null, "{}")).AssertRefused(404, "not_found");
    }

    [Theory]
    [InlineData("/whatsappProxySend")]
    [InlineData("/webhooks/whatsapp")]
    [InlineData("/nowhere")]
    public async Task any_origin_may_ask_and_preflight_is_answered_without_a_body(string path)
    {
        var preflight = await ProxyUnderTest.SendAsync(
            proxy.Client, HttpMethod.Options, path, null, null,
            ("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization"));

        Assert.Equal((204, ""), (preflight.Status, preflight.Text));
        Assert.Equal("*", preflight.Headers["Access-Control-Allow-Origin"]);
        Assert.Contains("POST", preflight.Headers["Access-Control-Allow-Methods"]);
        Assert.Contains("Authorization", preflight.Headers["Access-Control-Allow-Headers"]);
        Assert.Equal(204, (await ProxyUnderTest.SendAsync(proxy.Client, HttpMethod.Options, path, null, null)).Status);
    }

    [Fact]
    public async Task a_refusal_may_be_read_by_any_origin_too()
    {
        var refusal = await ProxyUnderTest.PostAsync(proxy.Client, "/whatsappProxySend", null, "", ("Origin", "https://app.example.com"));

        refusal.AssertRefused(400, "invalid_request");
        Assert.Equal("*", refusal.Headers["Access-Control-Allow-Origin"]);
    }

    [Theory]
    [InlineData("X-Request-ID", "1700000000000_42", "1700000000000_42")]
    [InlineData("X-Correlation-Id", "abc", "abc")]
    [InlineData("X-Request-ID", "a b\"<script>", "abscript")]
    public async Task the_clients_id_comes_back_without_what_could_do_harm(string header, string sent, string echoed)
    {
        var answer = await ProxyUnderTest.PostAsync(proxy.Client, "/whatsappProxySend", null, "", (header, sent));

        Assert.Equal((echoed, echoed), (answer.Headers["X-Request-ID"], answer.Headers["X-Correlation-Id"]));
    }

    [Fact]
    public async Task both_ids_are_kept_apart()
    {
        var answer = await ProxyUnderTest.PostAsync(proxy.Client, "/nowhere", null, "", ("X-Request-ID", "r"), ("X-Correlation-Id", "c"));

        Assert.Equal(("r", "c"), (answer.Headers["X-Request-ID"], answer.Headers["X-Correlation-Id"]));
    }

    [Fact]
    public async Task without_an_id_there_is_one_of_ours_and_an_endless_one_is_cut()
    {
        var none = await ProxyUnderTest.PostAsync(proxy.Client, "/nowhere", null, "");
        var endless = await ProxyUnderTest.PostAsync(proxy.Client, "/nowhere", null, "", ("X-Request-ID", new string('x', 4000)));

        Assert.Matches("^proxy_[0-9]{13}$", none.Headers["X-Request-ID"]);
        Assert.Equal(128, endless.Headers["X-Request-ID"].Length);
    }

    [Fact]
    public async Task it_is_alive_and_ready()
    {
        var alive = await ProxyUnderTest.SendAsync(proxy.Client, HttpMethod.Get, "/healthz", null, null);
        var ready = await ProxyUnderTest.SendAsync(proxy.Client, HttpMethod.Get, "/readyz", null, null);

        Assert.Equal((200, "ok"), (alive.Status, alive.Body.GetProperty("status").GetString()));
        Assert.Equal((200, "ready"), (ready.Status, ready.Body.GetProperty("status").GetString()));
        Assert.True(ready.Body.GetProperty("checks").GetProperty("firestore").GetBoolean());
    }

    [Fact]
    public async Task without_firestore_it_is_alive_and_not_ready()
    {
        var cutOff = await proxy.StartAnotherAsync(
            "--FIRESTORE_EMULATOR_HOST", "127.0.0.1:1", "--Firestore:HealthTimeout", "00:00:00.300", "--Firestore:HealthMemory", "00:00:00");

        var alive = await ProxyUnderTest.SendAsync(cutOff, HttpMethod.Get, "/healthz", null, null);
        var ready = await ProxyUnderTest.SendAsync(cutOff, HttpMethod.Get, "/readyz", null, null);

        Assert.Equal(200, alive.Status);
        Assert.Equal((503, "not_ready"), (ready.Status, ready.Body.GetProperty("status").GetString()));
        Assert.Equal(JsonValueKind.False, ready.Body.GetProperty("checks").GetProperty("firestore").ValueKind);
    }
}
