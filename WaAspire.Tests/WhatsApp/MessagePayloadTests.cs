using System.Text.Json;
using System.Text.Json.Nodes;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Tests.WhatsApp;

/// <summary>Every stored form of a message, and what of it may leave.</summary>
public sealed class MessagePayloadTests
{
    [Theory]
    [InlineData(null, "Hi", """{"type":"text","text":{"body":"Hi","preview_url":false}}""")]
    [InlineData("{}", "Hi", """{"type":"text","text":{"body":"Hi","preview_url":false}}""")]
    [InlineData("""{"text":"Hi"}""", "other", """{"type":"text","text":{"body":"Hi","preview_url":false}}""")]
    [InlineData("""{"message":"Hi"}""", null, """{"type":"text","text":{"body":"Hi","preview_url":false}}""")]
    [InlineData("""{"image":{"url":"https://e.x/a"},"mimetype":"image/png","caption":"Hi"}""", "[Image]", """{"type":"image","image":{"link":"https://e.x/a","caption":"Hi"}}""")]
    [InlineData("""{"document":{"url":"https://e.x/a"},"fileName":"a.pdf"}""", null, """{"type":"document","document":{"link":"https://e.x/a","filename":"a.pdf"}}""")]
    [InlineData("""{"audio":{"url":"https://e.x/a"},"caption":"lost"}""", null, """{"type":"audio","audio":{"link":"https://e.x/a"}}""")]
    [InlineData("""{"type":"sticker","sticker":{"id":"1"}}""", null, """{"type":"sticker","sticker":{"id":"1"}}""")]
    public void a_stored_message_is_read_in_metas_form(string? payload, string? body, string expected)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            PlainJson.Write(json, FirestoreValue.From(MessagePayload.Read(Fields(payload), body)!));

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(buffer.ToArray())));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(null, "")]
    [InlineData("""{"text":""}""", "[Poll]")]
    [InlineData("""{"poll":{"name":"x"}}""", "[Poll]")]
    [InlineData("""{"type":"poll","poll":{}}""", "[Poll]")]
    [InlineData("""{"type":"image"}""", "[Image]")]
    [InlineData("""{"type":"image","image":"x"}""", "[Image]")]
    [InlineData("""{"image":{"data":"x"}}""", "[Image]")]
    public void what_is_no_kind_that_we_know_is_nothing_and_its_placeholder_is_not_sent_instead(string? payload, string? body) =>
        Assert.Null(MessagePayload.Read(Fields(payload), body));

    private static DocumentFields? Fields(string? json) => json is null ? null : PlainJson.ReadFields(JsonSerializer.Deserialize<JsonElement>(json));
}
