using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace WaAspire.Tests.Proxy;

/// <summary>What can never be lawful costs nothing: a clear refusal, before the token is looked at, and no document.</summary>
[Collection(ProxyCollection.Name)]
public sealed class BadInputTests(ProxyUnderTest proxy)
{
    public static TheoryData<string, string> BrokenBodies() => new()
    {
        { "no body", "" },
        { "broken JSON", "{\"threadId\":" },
        { "not an object", "[1,2,3]" },
        { "a bare null", "null" },
        { "nested too deep", new string('[', 200) + new string(']', 200) },
        { "twice the same field", """{"threadId":"a","threadId":"b","accountId":"a","toJid":"40700000001","text":"x","clientMessageId":"c"}""" },
        { "a lone surrogate", """{"threadId":"a","accountId":"a","toJid":"40700000001","text":"\ud800","clientMessageId":"c"}""" },
        { "a lone surrogate in a name", """{"\ud800":"a"}""" },
    };

    public static TheoryData<string, string, object?> BrokenFields()
    {
        var data = new TheoryData<string, string, object?>();
        foreach (var field in new[] { "threadId", "accountId", "toJid", "text", "clientMessageId" })
        {
            data.Add("missing", field, null);
            data.Add("empty", field, "");
            data.Add("blank", field, "  ");
            data.Add("a number", field, 7);
            data.Add("an object", field, new { a = 1 });
            data.Add("a list", field, new[] { "x" });
            data.Add("a boolean", field, true);
            data.Add("a null character", field, "a\0b");
        }
        data.Add("too long", "text", new string('x', 4097));
        data.Add("an escape character", "text", "\u001b[31m");
        data.Add("too long", "clientMessageId", new string('x', 257));
        data.Add("a line break", "clientMessageId", "a\nb");
        data.Add("a slash", "threadId", "a/b");
        data.Add("two slashes: another collection", "threadId", "a/messages/b");
        data.Add("a dot", "threadId", ".");
        data.Add("two dots", "threadId", "..");
        data.Add("a reserved id", "threadId", "__a__");
        data.Add("too long", "threadId", new string('x', 1501));
        data.Add("too long in bytes", "threadId", new string('ț', 751));
        data.Add("a slash", "accountId", "a/b");
        data.Add("too long", "accountId", new string('x', 1501));
        data.Add("no address", "toJid", "[object Object]");
        data.Add("too long", "toJid", new string('4', 300));
        foreach (var field in new[] { "sendAt", "expiresAt" })
        {
            data.Add("no time", field, "tomorrow");
            data.Add("empty", field, "");
            data.Add("a number", field, 1_900_000_000);
            data.Add("a day that does not exist", field, "2030-02-30T00:00:00Z");
            data.Add("not in UTC", field, "2030-01-01T00:00:00+02:00");
            data.Add("of no zone", field, "2030-01-01T00:00:00");
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(BrokenBodies), DisableDiscoveryEnumeration = true)]
    public async Task a_body_that_cannot_be_read_is_refused(string what, string body)
    {
        var before = await proxy.OutboxSizeAsync();
        var conversation = await Conversation.OpenAsync(proxy);

        var answer = await conversation.PostAsync(body);

        Assert.True(answer.Status == 400, $"{what}: {answer.Text}");
        answer.AssertRefused(400, "invalid_request");
        Assert.Equal(before, await proxy.OutboxSizeAsync());
    }

    [Theory]
    [MemberData(nameof(BrokenFields), DisableDiscoveryEnumeration = true)]
    public async Task a_field_that_is_not_lawful_is_refused(string what, string field, object? value)
    {
        var before = await proxy.OutboxSizeAsync();
        var conversation = await Conversation.OpenAsync(proxy);
        var thread = await conversation.ThreadAsync();

        var answer = await conversation.SendAsync(body => body[field] = value);

        Assert.True(answer.Status == 400, $"{field} is {what}: {answer.Text}");
        answer.AssertRefused(400, "invalid_request");
        Assert.Contains(field, answer.Message);
        Assert.Equal(before, await proxy.OutboxSizeAsync());
        Assert.Equal(thread.UpdateTime, (await conversation.ThreadAsync()).UpdateTime);
        Assert.Empty(await conversation.MessagesAsync());
    }

    [Fact]
    public async Task bytes_that_are_not_utf8_are_refused()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var body = Encoding.UTF8.GetBytes(conversation.Body(fields => fields["text"] = "MARK"));
        body[Encoding.UTF8.GetString(body).IndexOf("MARK", StringComparison.Ordinal)] = 0xFF;
        using var content = new ByteArrayContent(body);

        var answer = await ProxyUnderTest.SendAsync(proxy.Client, HttpMethod.Post, "/whatsappProxySend", conversation.Token, content);

        answer.AssertRefused(400, "invalid_request");
        Assert.Empty(await conversation.MessagesAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ten_megabytes_are_too_large(bool lengthIsTold)
    {
        var conversation = await Conversation.OpenAsync(proxy);
        using var content = new StringContent(conversation.Body(body => body["text"] = new string('x', 10 * 1024 * 1024)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpContent sent = lengthIsTold ? content : new StreamContent(new UnseekableStream(await content.ReadAsStreamAsync()));

        var answer = await ProxyUnderTest.SendAsync(proxy.Client, HttpMethod.Post, "/whatsappProxySend", conversation.Token, sent);

        answer.AssertRefused(413, "payload_too_large");
        Assert.Empty(await conversation.MessagesAsync());
    }

    [Fact]
    public async Task the_longest_lawful_text_with_line_breaks_and_emoji_is_accepted_as_it_is()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var text = "a\r\n\tb😀" + new string('ț', 4089);

        (await conversation.SendAsync(body => body["text"] = text)).AssertAccepted();

        Assert.Equal(text, Assert.Single(await conversation.MessagesAsync()).Fields.Text("body"));
    }

    [Fact]
    public async Task the_body_is_looked_at_before_the_token()
    {
        (await ProxyUnderTest.PostAsync(proxy.Client, "/whatsappProxySend", null, "{}")).AssertRefused(400, "invalid_request");
    }

    [Fact]
    public async Task the_five_required_fields_are_named()
    {
        var message = (await ProxyUnderTest.PostAsync(proxy.Client, "/whatsappProxySend", null, "{}")).Message;

        Assert.All(["threadId", "accountId", "toJid", "text", "clientMessageId"], field => Assert.Contains(field, message));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task another_method_is_refused(string method)
    {
        (await ProxyUnderTest.SendAsync(proxy.Client, new HttpMethod(method), "/whatsappProxySend", null, null)).AssertRefused(405, "method_not_allowed");
    }

    /// <summary>Without a length the client sends chunks, and the proxy finds out on the way.</summary>
    private sealed class UnseekableStream(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
