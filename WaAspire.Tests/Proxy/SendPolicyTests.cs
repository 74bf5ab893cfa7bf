using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Proxy;

[Collection(ProxyCollection.Name)]
public sealed class SendPolicyTests(ProxyUnderTest proxy)
{
    [Fact]
    public async Task the_first_sender_becomes_the_owner()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        (await conversation.SendAsync()).AssertAccepted();

        var thread = (await conversation.ThreadAsync()).Fields;
        Assert.Equal(conversation.Uid, thread.Text("ownerUid"));
        Assert.Empty(thread["coWriterUids"].AsArray!);
        (await conversation.SendAsync()).AssertAccepted();
    }

    [Fact]
    public async Task co_writers_named_before_there_was_an_owner_stay()
    {
        var conversation = await Conversation.OpenAsync(proxy, new DocumentFields { ["coWriterUids"] = FirestoreValue.From(["friend"]) });

        (await conversation.SendAsync()).AssertAccepted();

        Assert.Equal("friend", Assert.Single((await conversation.ThreadAsync()).Fields.Array("coWriterUids")).AsString);
    }

    [Fact]
    public async Task a_co_writer_may_send_and_does_not_become_the_owner()
    {
        var conversation = await Conversation.OpenAsync(proxy, new DocumentFields { ["ownerUid"] = "somebody" });
        await SetCoWritersAsync(conversation, [conversation.Uid]);

        (await conversation.SendAsync()).AssertAccepted();

        Assert.Equal("somebody", (await conversation.ThreadAsync()).Fields.Text("ownerUid"));
    }

    [Fact]
    public async Task a_stranger_is_refused_in_the_contracts_words()
    {
        var conversation = await Conversation.OpenAsync(proxy, new DocumentFields { ["ownerUid"] = "somebody" });

        var answer = await conversation.SendAsync();

        answer.AssertRefused(403, "not_owner_or_cowriter");
        Assert.Equal("Only thread owner or co-writers can send messages", answer.Message);
        Assert.Empty(await conversation.MessagesAsync());
    }

    [Fact]
    public async Task a_removed_co_writer_who_repeats_is_refused_and_hears_of_no_duplicate()
    {
        var conversation = await Conversation.OpenAsync(proxy, new DocumentFields { ["ownerUid"] = "somebody" });
        await SetCoWritersAsync(conversation, [conversation.Uid]);
        (await conversation.SendAsync(body => body["clientMessageId"] = "again")).AssertAccepted();
        await SetCoWritersAsync(conversation, []);

        (await conversation.SendAsync(body => body["clientMessageId"] = "again")).AssertRefused(403, "not_owner_or_cowriter");
    }

    [Fact]
    public async Task a_thread_that_points_to_another_means_that_one_and_its_owner_decides()
    {
        var (mine, others) = (await Conversation.OpenAsync(proxy), await Conversation.OpenAsync(proxy, new DocumentFields { ["ownerUid"] = "somebody" }));
        var (hidden, foreign) = (await PointToAsync(mine), await PointToAsync(others));

        (await others.SendAsync(body => (body["threadId"], body["toJid"]) = (foreign.ThreadId, foreign.Jid))).AssertRefused(403, "not_owner_or_cowriter");
        (await mine.SendAsync(body => (body["threadId"], body["toJid"], body["clientMessageId"]) = (hidden.ThreadId, hidden.Jid, "once"))).AssertAccepted();
        var again = await mine.SendAsync(body => (body["threadId"], body["toJid"], body["clientMessageId"]) = (hidden.ThreadId, hidden.Jid, "once"));

        Assert.True(again.Body.GetProperty("duplicate").GetBoolean());
        Assert.Equal(mine.ThreadId, Assert.Single(await mine.MessagesAsync()).Fields.Text("threadId"));
        Assert.Equal(mine.Uid, (await mine.ThreadAsync()).Fields.Text("ownerUid"));
        Assert.Empty(await others.MessagesAsync());
        foreach (var pointer in new[] { hidden, foreign })
        {
            Assert.False((await proxy.FindAsync(FirestorePaths.Thread(pointer.ThreadId)))!.Fields.ContainsKey("ownerUid"));
            Assert.Empty(await proxy.MessagesAsync(pointer.ThreadId));
        }
    }

    [Fact]
    public async Task a_pointer_into_another_account_is_not_followed()
    {
        var (mine, others) = (await Conversation.OpenAsync(proxy), await Conversation.OpenAsync(proxy));
        await proxy.SetAsync(FirestorePaths.Thread(mine.ThreadId), new DocumentFields((await mine.ThreadAsync()).Fields) { ["redirectTo"] = others.ThreadId });

        (await mine.SendAsync()).AssertAccepted();

        Assert.Single(await mine.MessagesAsync());
        Assert.Empty(await others.MessagesAsync());
    }

    [Fact]
    public async Task a_thread_of_another_account_is_refused()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        (await conversation.SendAsync(body => body["accountId"] = "another")).AssertRefused(403, "account_mismatch");
        Assert.False((await conversation.ThreadAsync()).Fields.ContainsKey("ownerUid"));
    }

    [Fact]
    public async Task a_recipient_who_is_not_the_threads_contact_is_refused_and_nobody_becomes_owner()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        (await conversation.SendAsync(body => body["toJid"] = "40799999999@s.whatsapp.net")).AssertRefused(403, "recipient_mismatch");
        Assert.False((await conversation.ThreadAsync()).Fields.ContainsKey("ownerUid"));
    }

    [Fact]
    public async Task an_unknown_thread_is_named_in_the_refusal()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        var answer = await conversation.SendAsync(body => body["threadId"] = "no_such_thread");

        answer.AssertRefused(404, "thread_not_found");
        Assert.Contains("no_such_thread", answer.Message);
    }

    [Fact]
    public async Task of_many_first_senders_one_becomes_the_owner_and_only_his_messages_are_there()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var before = await proxy.OutboxSizeAsync();
        var senders = new Dictionary<string, string>();
        for (var i = 0; i < 12; i++)
        {
            var uid = ProxyUnderTest.Next("racer");
            senders[uid] = await proxy.EmployeeAsync(uid);
        }
        // Two processes, so that the race is also run between two group commits.
        var other = await proxy.StartAnotherAsync();

        var answers = await Task.WhenAll(senders.SelectMany(sender => Enumerable.Range(0, 3).Select(async i =>
            (Uid: sender.Key, Answer: await conversation.SendAsync(token: sender.Value, client: i == 0 ? proxy.Client : other)))));

        var winners = answers.Where(sent => sent.Answer.Status == 200).ToArray();
        var owner = (await conversation.ThreadAsync()).Fields.Text("ownerUid");
        Assert.Equal(owner, Assert.Single(winners.Select(sent => sent.Uid).Distinct()));
        Assert.Equal(3, winners.Length);
        Assert.All(answers.Except(winners), sent => sent.Answer.AssertRefused(403, "not_owner_or_cowriter"));
        Assert.Equal(
            winners.Select(sent => sent.Answer.Body.GetProperty("requestId").GetString()).Order(),
            (await conversation.MessagesAsync()).Select(message => message.Id).Order());
        Assert.Equal(before + 3, await proxy.OutboxSizeAsync());
    }

    private async Task SetCoWritersAsync(Conversation conversation, string[] uids)
    {
        var thread = await conversation.ThreadAsync();
        await proxy.SetAsync(thread.Path, new DocumentFields(thread.Fields) { ["coWriterUids"] = FirestoreValue.From(uids) });
    }

    /// <summary>What receiving leaves of a contact's hidden address: a thread that only points, and an alias in the other one.</summary>
    private async Task<(string ThreadId, string Jid)> PointToAsync(Conversation conversation)
    {
        var jid = $"77{conversation.Jid.Split('@')[0]}@lid";
        var threadId = $"{conversation.AccountId}__{jid}";
        await proxy.SetAsync(FirestorePaths.Thread(threadId), new DocumentFields { ["accountId"] = conversation.AccountId, ["clientJid"] = jid, ["redirectTo"] = conversation.ThreadId });
        await proxy.SetAsync(
            FirestorePaths.Thread(conversation.ThreadId), new DocumentFields((await conversation.ThreadAsync()).Fields) { ["aliases"] = FirestoreValue.From([FirestoreValue.From(jid)]) });
        return (threadId, jid);
    }
}
