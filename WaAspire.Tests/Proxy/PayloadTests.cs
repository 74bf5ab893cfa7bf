using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Proxy;

/// <summary>Every kind of message at the door: what is lawful is stored in one form; what cannot be sent is refused with its field.</summary>
[Collection(ProxyCollection.Name)]
public sealed class PayloadTests(ProxyUnderTest proxy)
{
    public static TheoryData<string> GoodNames() => [.. Payloads.Good.Select(payload => payload.Name)];

    [Theory]
    [MemberData(nameof(GoodNames))]
    public async Task a_lawful_message_is_stored_in_metas_form_and_shown_in_its_thread(string name)
    {
        var payload = Payloads.Good.Single(one => one.Name == name);
        var conversation = await Conversation.OpenAsync(proxy);

        var answer = await conversation.SendAsync(body => (body["text"], body["payload"]) = (null, JsonNode.Parse(payload.Json)));

        var stored = await proxy.FindAsync(FirestorePaths.OutboxMessage(answer.AssertAccepted()));
        var message = JsonNode.Parse(payload.Message)!;
        AssertSame(message, stored!.Fields.Map("payload")!);
        Assert.Equal(payload.Body, stored.Fields.Text("body"));
        var shown = Assert.Single(await conversation.MessagesAsync()).Fields;
        Assert.Equal(message["type"]!.GetValue<string>(), shown.Text(ThreadMessageFields.MessageType));
        Assert.Equal(payload.Body, shown.Text(ThreadMessageFields.Body));
        Assert.Equal(payload.Body, (await conversation.ThreadAsync()).Fields.Text(ThreadFields.LastMessagePreview));
    }

    [Fact]
    public async Task a_file_is_shown_with_what_clients_draw_it_from()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await conversation.SendAsync(body => body["payload"] = new { image = new { url = "https://example.com/a.png" }, mimetype = "image/png", fileName = "a.png", caption = "Hi" });
        await conversation.SendAsync(body => body["payload"] = new { type = "document", document = new { id = "77", filename = "b.pdf" } });
        await conversation.SendAsync();

        var media = (await conversation.MessagesAsync()).OrderBy(message => message.CreateTime).Select(message => message.Fields.Map(ThreadMessageFields.Media)).ToList();

        AssertSame(JsonNode.Parse("""{"type":"image","url":"https://example.com/a.png","mimetype":"image/png","filename":"a.png","caption":"Hi"}""")!, media[0]!);
        AssertSame(JsonNode.Parse("""{"type":"document","id":"77","filename":"b.pdf"}""")!, media[1]!);
        Assert.Null(media[2]);
    }

    [Fact]
    public async Task a_message_without_words_is_called_what_the_client_calls_it_but_a_reaction_never()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await conversation.SendAsync(body => (body["text"], body["payload"]) = ("Your order is ready", new { type = "template", template = new { name = "order_ready", language = new { code = "en" } } }));
        await conversation.SendAsync(body => (body["text"], body["payload"]) = ("👍", new { type = "reaction", reaction = new { message_id = Payloads.Wamid, emoji = "👍" } }));

        var bodies = (await conversation.MessagesAsync()).OrderBy(message => message.CreateTime).Select(message => message.Fields.Text(ThreadMessageFields.Body));

        Assert.Equal(["Your order is ready", "[Reaction]"], bodies);
    }

    [Fact]
    public async Task another_payload_under_the_same_client_message_id_is_the_first_message()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var id = ProxyUnderTest.Next("client");
        var first = (await conversation.SendAsync(body => body["clientMessageId"] = id)).AssertAccepted();

        var second = await conversation.SendAsync(body => (body["clientMessageId"], body["payload"]) = (id, new { type = "sticker", sticker = new { id = "1" } }));

        Assert.Equal(first, second.AssertAccepted(duplicate: true));
        Assert.Equal("text", Assert.Single(await conversation.MessagesAsync()).Fields.Text(ThreadMessageFields.MessageType));
    }

    [Theory]
    [MemberData(nameof(BadPayloads.All), MemberType = typeof(BadPayloads), DisableDiscoveryEnumeration = true)]
    public async Task what_cannot_be_sent_is_refused_with_the_name_of_its_field(string what, string field, string payload)
    {
        var before = await proxy.OutboxSizeAsync();
        var conversation = await Conversation.OpenAsync(proxy);

        var answer = await conversation.SendAsync(body => body["payload"] = JsonSerializer.Deserialize<JsonElement>(payload));

        Assert.True(answer.Status == 400, $"{what}: {answer.Text}");
        answer.AssertRefused(400, "invalid_request");
        Assert.StartsWith(field, answer.Message);
        Assert.Equal(before, await proxy.OutboxSizeAsync());
        Assert.Empty(await conversation.MessagesAsync());
    }

    [Fact]
    public async Task text_stays_required_without_a_payload() =>
        (await (await Conversation.OpenAsync(proxy)).SendAsync(body => (body["text"], body["payload"]) = (null, null))).AssertRefused(400, "invalid_request");

    private static void AssertSame(JsonNode expected, DocumentFields actual)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            PlainJson.Write(json, FirestoreValue.From(actual));
        var read = JsonNode.Parse(buffer.ToArray());
        Assert.True(JsonNode.DeepEquals(expected, read), $"{read} is not {expected}");
    }
}
