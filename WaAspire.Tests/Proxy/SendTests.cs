using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Proxy;

[Collection(ProxyCollection.Name)]
public sealed class SendTests(ProxyUnderTest proxy)
{
    [Fact]
    public async Task an_accepted_message_is_three_documents_of_one_commit()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        var requestId = (await conversation.SendAsync(body => (body["text"], body["clientMessageId"]) = ("Hello\n  you", "client-1"))).AssertAccepted();

        Assert.Equal(RequestId.Of(conversation.ThreadId, conversation.Uid, "client-1"), requestId);
        var outbox = (await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!;
        var message = Assert.Single(await conversation.MessagesAsync());
        var thread = await conversation.ThreadAsync();
        Assert.Equal(requestId, message.Id);
        Assert.Equal([outbox.UpdateTime, outbox.UpdateTime], [message.UpdateTime, thread.UpdateTime]);

        var at = outbox.Fields.Timestamp("createdAt");
        Assert.Equal([at, at, at], [outbox.Fields.Timestamp("orderAt"), outbox.Fields.Timestamp("nextAttemptAt"), outbox.Fields.Timestamp("updatedAt")]);
        Assert.Equal([at, at, at], [message.Fields.Timestamp("tsClient"), message.Fields.Timestamp("createdAt"), message.Fields.Timestamp("tsServer")]);
        Assert.Equal(at, thread.Fields.Timestamp("lastMessageAt"));
        Assert.InRange(message.Fields.Integer("createdAtMs")!.Value, at!.Value.AddSeconds(-5).ToUnixTimeMilliseconds(), at.Value.AddSeconds(5).ToUnixTimeMilliseconds());
        Assert.Equal(message.Fields.Integer("createdAtMs"), thread.Fields.Integer("lastMessageAtMs"));
        AssertOutbox(outbox, conversation, requestId);
        AssertMessage(message, conversation);
        Assert.Equal("Hello you", thread.Fields.Text("lastMessageText"));
        Assert.Equal("Hello you", thread.Fields.Text("lastMessagePreview"));
        Assert.Equal("outbound", thread.Fields.Text("lastMessageDirection"));
    }

    [Theory]
    [InlineData("thread123", "user123", "client_msg_123", "4051171dcb7d6595d3d3edcd4f29b1fa471949e00712b062316b5a9f7c1301a6")]
    [InlineData("test_thread", "uid_test", "test_123", "fc86044b2d2e501a4100da67b7280cfb1d4d3bb775897aa6d1471d27edf702e9")]
    [InlineData("țară", "uid", "ș", "11a31fe46b33b1099a244a7c41766dc28a014252ca7b0328e9ce73ab9a1aad7a")]
    public async Task the_request_id_is_the_contracts_hash(string threadId, string uid, string clientMessageId, string expected)
    {
        var token = await proxy.EmployeeAsync(uid);
        await proxy.SetAsync(FirestorePaths.Thread(threadId), new DocumentFields { ["accountId"] = "acc", ["clientJid"] = "40700000001@s.whatsapp.net" });

        var body = JsonSerializer.Serialize(new { threadId, accountId = "acc", toJid = "40700000001@s.whatsapp.net", text = "x", clientMessageId });
        var answer = await ProxyUnderTest.PostAsync(proxy.Client, "/whatsappProxySend", token, body);

        Assert.Equal(expected, answer.AssertAccepted());
    }

    [Fact]
    public async Task the_same_client_message_id_is_the_same_message_and_the_first_text_wins()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var first = (await conversation.SendAsync(body => (body["text"], body["clientMessageId"]) = ("first", "same"))).AssertAccepted();
        var second = (await conversation.SendAsync(body => (body["text"], body["clientMessageId"]) = ("second", "same"))).AssertAccepted(duplicate: true);

        Assert.Equal(first, second);
        Assert.Equal("first", Assert.Single(await conversation.MessagesAsync()).Fields.Text("body"));
        Assert.Equal("first", (await conversation.ThreadAsync()).Fields.Text("lastMessageText"));
    }

    [Fact]
    public async Task a_double_tap_is_stored_once()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => conversation.SendAsync(body => body["clientMessageId"] = "tap")));

        Assert.Single(answers, answer => !answer.Body.GetProperty("duplicate").GetBoolean());
        Assert.Single(answers.Select(answer => answer.Body.GetProperty("requestId").GetString()).Distinct());
        Assert.Single(await conversation.MessagesAsync());
    }

    [Theory]
    [InlineData("+40700000099@s.whatsapp.net")]
    [InlineData("40700000099:3@c.us")]
    [InlineData("40700000099")]
    public async Task every_spelling_of_the_contact_is_the_contact_and_stored_in_one(string spelling)
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await proxy.SetAsync(
            FirestorePaths.Thread(conversation.ThreadId),
            new DocumentFields { ["accountId"] = conversation.AccountId, ["clientJid"] = "40700000099@s.whatsapp.net" });

        var requestId = (await conversation.SendAsync(body => body["toJid"] = spelling)).AssertAccepted();

        Assert.Equal("40700000099@s.whatsapp.net", (await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields.Text("toJid"));
    }

    [Fact]
    public async Task a_contact_known_by_two_addresses_is_reached_by_both()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await proxy.SetAsync(FirestorePaths.Thread(conversation.ThreadId), new DocumentFields
        {
            ["accountId"] = conversation.AccountId,
            ["clientJid"] = FirestoreValue.From(new DocumentFields { ["rawJid"] = "123456@lid", ["canonicalJid"] = "40700000077@s.whatsapp.net" }),
        });

        (await conversation.SendAsync(body => body["toJid"] = "123456@lid")).AssertAccepted();
        (await conversation.SendAsync(body => body["toJid"] = "40700000077@s.whatsapp.net")).AssertAccepted();
        (await conversation.SendAsync(body => body["toJid"] = "40700000078@s.whatsapp.net")).AssertRefused(403, "recipient_mismatch");
    }

    [Fact]
    public async Task last_activity_never_moves_back()
    {
        var ahead = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var conversation = await Conversation.OpenAsync(
            proxy, new DocumentFields { ["lastMessageAt"] = ahead, ["lastMessageAtMs"] = ahead.ToUnixTimeMilliseconds(), ["lastMessageText"] = "later" });

        (await conversation.SendAsync()).AssertAccepted();

        var thread = (await conversation.ThreadAsync()).Fields;
        Assert.Equal((ahead, ahead.ToUnixTimeMilliseconds(), "later"), (thread.Timestamp("lastMessageAt"), thread.Integer("lastMessageAtMs"), thread.Text("lastMessageText")));
    }

    [Fact]
    public async Task a_long_text_is_shortened_in_the_thread_without_cutting_an_emoji()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        (await conversation.SendAsync(body => body["text"] = new string('x', 99) + "😀 and more")).AssertAccepted();

        Assert.Equal(new string('x', 99), (await conversation.ThreadAsync()).Fields.Text("lastMessagePreview"));
    }

    [Fact]
    public async Task the_function_also_answers_where_debug_clients_look_for_it()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        var answer = await ProxyUnderTest.PostAsync(
            proxy.Client, $"/{ProxyUnderTest.ProjectId}/us-central1/whatsappProxySend", conversation.Token, conversation.Body());

        answer.AssertAccepted();
    }

    private static void AssertOutbox(StoredDocument outbox, Conversation conversation, string requestId)
    {
        var fields = outbox.Fields;
        Assert.Equal(requestId, fields.Text("requestId"));
        Assert.Equal((conversation.ThreadId, conversation.AccountId, conversation.Jid), (fields.Text("threadId"), fields.Text("accountId"), fields.Text("toJid")));
        Assert.Equal(("Hello\n  you", "Hello\n  you"), (fields.Text("body"), fields.Map("payload")!.Text("text")));
        Assert.Equal(("queued", 0L), (fields.Text("status"), fields.Integer("attemptCount")));
        Assert.Equal((conversation.Uid, "client-1"), (fields.Text("createdByUid"), fields.Text("clientMessageId")));
        Assert.Equal((2L, (long)OutboxShard.Of(conversation.ThreadId)), (fields.Integer("schema"), fields.Integer("shard")));
        Assert.Equal(32, fields.Text("enqueueId")!.Length);
    }

    private static void AssertMessage(StoredDocument message, Conversation conversation)
    {
        var fields = message.Fields;
        Assert.Equal((conversation.AccountId, conversation.Jid), (fields.Text("accountId"), fields.Text("clientJid")));
        Assert.Equal(("outbound", "text", "queued"), (fields.Text("direction"), fields.Text("messageType"), fields.Text("status")));
        Assert.Equal(("Hello\n  you", "client-1"), (fields.Text("body"), fields.Text("clientMessageId")));
    }
}
