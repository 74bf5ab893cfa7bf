using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Proxy;

[Collection(ProxyCollection.Name)]
public sealed class WebhookTests(ProxyUnderTest proxy)
{
    private const string Path = "/webhooks/whatsapp";

    [Fact]
    public async Task verification_gives_the_raw_challenge_back()
    {
        var answer = await VerifyAsync($"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={ProxyUnderTest.VerifyToken}");

        Assert.Equal((200, "1158201444", "text/plain"), (answer.Status, answer.Text, answer.MediaType));
    }

    [Theory]
    [InlineData("hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong")]
    [InlineData("hub.mode=subscribe&hub.challenge=1")]
    [InlineData("hub.mode=other&hub.challenge=1&hub.verify_token=" + ProxyUnderTest.VerifyToken)]
    [InlineData("")]
    public async Task verification_by_a_stranger_is_refused(string query)
    {
        (await VerifyAsync(query)).AssertRefused(403, "forbidden");
    }

    [Theory]
    [InlineData("""{"object":"whatsapp_business_account","entry":[]}""", "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756")]
    [InlineData("{\"text\":\"\\u00e4\\u00f6\\u00e5\"}", "02331cadf5416e9e5dc4ecf73b5c9b7aa6577a90b90fbb6bad6e9a35d8a8f6a9")]
    public async Task metas_own_signatures_are_good(string body, string signature)
    {
        Assert.Equal(200, (await PostAsync(Encoding.UTF8.GetBytes(body), $"sha256={signature}")).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha256=")]
    [InlineData("sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633757")]
    [InlineData("sha1=dec6a680679a968e7e0319355b23599cbfc54502")]
    public async Task a_bad_signature_is_refused(string signature)
    {
        (await PostAsync("""{"object":"whatsapp_business_account","entry":[]}"""u8.ToArray(), signature)).AssertRefused(401, "unauthorized");
    }

    [Fact]
    public async Task a_body_that_was_written_anew_is_refused()
    {
        (await PostAsync("{ \"object\":\"x\"}"u8.ToArray(), Sign("{\"object\":\"x\"}"u8.ToArray()))).AssertRefused(401, "unauthorized");
    }

    [Fact]
    public async Task more_than_meta_ever_sends_is_too_large()
    {
        (await PostSignedAsync(new string(' ', (3 * 1024 * 1024) + 1))).AssertRefused(413, "payload_too_large");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"entry":7}""")]
    [InlineData("""{"entry":[7,{"changes":{}},{"changes":[null,{"field":"messages","value":[]}]}]}""")]
    [InlineData("""{"entry":[{"changes":[{"field":"messages","value":{"statuses":[{},7,null,{"id":7,"status":"sent"},{"id":"x","status":"\ud800"}]}}]}]}""")]
    [InlineData("""{"entry":[{"changes":[{"field":"account_update","value":{"event":"x"}}]}]}""")]
    public async Task what_is_signed_but_cannot_be_read_is_acknowledged(string body)
    {
        Assert.Equal(200, (await PostSignedAsync(body)).Status);
    }

    [Fact]
    public async Task a_delivery_status_reaches_the_message()
    {
        var (conversation, requestId) = await SentAsync();

        var answer = await PostSignedAsync(Statuses(Status("wamid.1", "delivered", $"{requestId}:1")));

        Assert.Equal(200, answer.Status);
        var outbox = (await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields;
        Assert.Equal(("sent", "wamid.1"), (outbox.Text("status"), outbox.Text("providerMessageId")));
        Assert.Equal("delivered", Assert.Single(await conversation.MessagesAsync()).Fields.Text("status"));
    }

    [Fact]
    public async Task one_odd_status_does_not_hold_back_the_others()
    {
        var (_, requestId) = await SentAsync();
        var odd = """{"id":"x","status":"sent","timestamp":"99999999999999999999","errors":"none"},{"status":"sent"},{"id":"wamid.other","status":"sent"}""";

        Assert.Equal(200, (await PostSignedAsync(Statuses(odd + "," + Status("wamid.2", "sent", $"{requestId}:1")))).Status);

        Assert.Equal("sent", (await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields.Text("status"));
    }

    [Fact]
    public async Task a_thousand_updates_of_one_request_are_all_taken()
    {
        var statuses = string.Join(',', Enumerable.Range(0, 1000).Select(i => Status($"wamid.thousand.{i}", "sent", null)));

        Assert.Equal(200, (await PostSignedAsync(Statuses(statuses))).Status);
    }

    [Fact]
    public async Task messages_to_a_number_that_nobody_has_are_set_aside_and_acknowledged()
    {
        var body = """{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":[{"from":"40700000001","id":"wamid.in","timestamp":"1767225600","type":"text","text":{"body":"Hi"}}]}}]}]}""";

        Assert.Equal(200, (await PostSignedAsync(body)).Status);
    }

    [Fact]
    public async Task an_outage_is_told_so_that_meta_delivers_again()
    {
        var (_, requestId) = await SentAsync();
        var impatient = await proxy.StartAnotherAsync(
            "--Firestore:CommitTimeout", "00:00:01", "--Firestore:ReadTimeout", "00:00:01", "--Firestore:ConnectTimeout", "00:00:01");
        await using var faults = await proxy.WithFaultsAsync(new { failures = new[] { new { operation = "*", status = "UNAVAILABLE", times = 10_000 } } });

        var body = Statuses(Status("wamid.3", "sent", $"{requestId}:1"));

        (await PostAsync(Encoding.UTF8.GetBytes(body), Sign(Encoding.UTF8.GetBytes(body)), impatient)).AssertRefused(500, "internal_error");
    }

    [Fact]
    public async Task a_proxy_without_the_secrets_says_so()
    {
        var unset = await proxy.StartAnotherAsync("--WHATSAPP_APP_SECRET", "", "--WHATSAPP_VERIFY_TOKEN", "");

        (await PostAsync("{}"u8.ToArray(), "sha256=x", unset)).AssertRefused(500, "configuration_missing");
        (await ProxyUnderTest.SendAsync(unset, HttpMethod.Get, $"{Path}?hub.mode=subscribe&hub.verify_token=", null, null)).AssertRefused(500, "configuration_missing");
    }

    private async Task<(Conversation Conversation, string RequestId)> SentAsync()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        return (conversation, (await conversation.SendAsync()).AssertAccepted());
    }

    private static string Statuses(string statuses) =>
        """{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1"},"statuses":["""
        + statuses + "]}}]}]}";

    private static string Status(string id, string status, string? opaque) =>
        JsonSerializer.Serialize(new { id, status, timestamp = "1767225600", recipient_id = "40700000001", biz_opaque_callback_data = opaque });

    private static string Sign(byte[] body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(ProxyUnderTest.AppSecret), body));

    private Task<ProxyUnderTest.Answer> PostSignedAsync(string body) => PostAsync(Encoding.UTF8.GetBytes(body), Sign(Encoding.UTF8.GetBytes(body)));

    private Task<ProxyUnderTest.Answer> PostAsync(byte[] body, string signature, HttpClient? client = null) => ProxyUnderTest.SendAsync(
        client ?? proxy.Client, HttpMethod.Post, Path, null, new ByteArrayContent(body), ("X-Hub-Signature-256", signature));

    private Task<ProxyUnderTest.Answer> VerifyAsync(string query) =>
        ProxyUnderTest.SendAsync(proxy.Client, HttpMethod.Get, $"{Path}?{query}", null, null);
}
