using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Inbound;

[Collection(ProxyCollection.Name)]
public sealed class InboundThreadTests(ProxyUnderTest proxy)
{
    [Fact]
    public async Task last_activity_only_moves_forward()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.new", "new", "1767225700"));

        await customer.WriteAsync(customer.Text("wamid.old", "old", "1767225600"));

        var thread = (await customer.ThreadAsync())!.Fields;
        Assert.Equal(("new", DateTimeOffset.FromUnixTimeSeconds(1767225700)), (thread.Text("lastMessageText"), thread.Timestamp("lastMessageAt")));
        Assert.Equal((1767225700_000, 1767225700_000, 2), (thread.Integer("lastMessageAtMs"), thread.Integer("lastInboundAtMs"), thread.Integer("unreadCount")));
        Assert.Equal(2, (await customer.MessagesAsync()).Count);
    }

    [Fact]
    public async Task a_message_from_the_future_counts_as_written_now()
    {
        var customer = await Customer.MeetAsync(proxy);

        await customer.WriteAsync(customer.Text("wamid.future", "x", "9999999999"));

        var message = Assert.Single(await customer.MessagesAsync());
        Assert.Equal(message.CreateTime, message.Fields.Timestamp("tsClient")!.Value, TimeSpan.FromMinutes(1));
        Assert.Equal((await customer.ThreadAsync())!.Fields.Timestamp("lastMessageAt"), message.Fields.Timestamp("tsClient"));
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("{1}__{2}@c.us")]
    [InlineData("{1}__+{0}")]
    public async Task a_thread_under_an_old_spelling_comes_to_point_to_the_one_thread(string spelling)
    {
        var customer = await Customer.MeetAsync(proxy);
        var oldId = string.Format(System.Globalization.CultureInfo.InvariantCulture, spelling, customer.Jid, customer.AccountId, customer.Phone);
        await proxy.SetAsync(FirestorePaths.Thread(oldId), new DocumentFields { ["accountId"] = customer.AccountId, ["ownerUid"] = "owner", ["displayName"] = "Known as" });

        await customer.WriteAsync(customer.Text("wamid.1", "one"));

        var (old, thread) = ((await customer.ThreadAsync(oldId))!.Fields, (await customer.ThreadAsync())!.Fields);
        Assert.Equal((customer.ThreadId, customer.ThreadId), (old.Text("redirectTo"), old.Text("canonicalThreadId")));
        Assert.Equal(("owner", "Known as"), (thread.Text("ownerUid"), thread.Text("displayName")));
        Assert.Single(await customer.MessagesAsync());
    }

    [Fact]
    public async Task an_alias_leads_to_its_thread()
    {
        var customer = await Customer.MeetAsync(proxy);
        var target = $"{customer.AccountId}__40799000001@s.whatsapp.net";
        await proxy.SetAsync(FirestorePaths.Thread(target), new DocumentFields { ["accountId"] = customer.AccountId, ["clientJid"] = "40799000001@s.whatsapp.net" });
        await proxy.SetAsync(FirestorePaths.Thread(customer.ThreadId), new DocumentFields { ["accountId"] = customer.AccountId, ["redirectTo"] = target });

        await customer.WriteAsync(customer.Text("wamid.1", "one"));

        Assert.Equal("40799000001@s.whatsapp.net", Assert.Single(await customer.MessagesAsync(target)).Fields.Text("clientJid"));
        Assert.Empty(await customer.MessagesAsync());
    }

    [Fact]
    public async Task an_alias_into_another_account_is_not_followed()
    {
        var customer = await Customer.MeetAsync(proxy);
        var target = $"{ProxyUnderTest.Next("another-account")}__{customer.Jid}";
        await proxy.SetAsync(FirestorePaths.Thread(target), new DocumentFields { ["accountId"] = "another-account", ["clientJid"] = customer.Jid });
        await proxy.SetAsync(FirestorePaths.Thread(customer.ThreadId), new DocumentFields { ["accountId"] = customer.AccountId, ["redirectTo"] = target });

        await customer.WriteAsync(customer.Text("wamid.1", "one"));

        Assert.Single(await customer.MessagesAsync());
        Assert.Empty(await customer.MessagesAsync(target));
        Assert.Equal("another-account", (await customer.ThreadAsync(target))!.Fields.Text("accountId"));
    }

    [Fact]
    public async Task a_group_whose_id_holds_a_separator_keeps_its_whole_address()
    {
        var customer = await Customer.MeetAsync(proxy);
        const string Group = "Y2FwaV9n__cm91cDox";

        await customer.WriteAsync(customer.Message("wamid.1", $$"""{"type":"text","text":{"body":"one"},"group_id":"{{Group}}"}"""));
        await customer.WriteAsync(customer.Message("wamid.2", $$"""{"type":"text","text":{"body":"two"},"group_id":"{{Group}}"}"""));

        var threadId = $"{customer.AccountId}__{Group}@g.us";
        Assert.Equal(2, (await customer.MessagesAsync(threadId)).Count);
        Assert.Equal($"{Group}@g.us", (await customer.ThreadAsync(threadId))!.Fields.Text("clientJid"));
    }

    [Fact]
    public async Task an_old_spelling_whose_account_is_a_hash_is_known_by_its_id()
    {
        var customer = await Customer.MeetAsync(proxy);
        var oldId = $"{customer.AccountId}__{customer.Phone}@c.us";
        await proxy.SetAsync(FirestorePaths.Thread(oldId), new DocumentFields { ["accountId"] = "1a2b3c4d:40", ["ownerUid"] = "owner" });

        await customer.WriteAsync(customer.Text("wamid.1", "one"));

        Assert.Equal(customer.ThreadId, (await customer.ThreadAsync(oldId))!.Fields.Text("redirectTo"));
        Assert.Equal("owner", (await customer.ThreadAsync())!.Fields.Text("ownerUid"));
    }

    [Fact]
    public async Task a_clock_that_runs_ahead_does_not_carry_the_threads_last_activity_with_it()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.1", "one"));
        var ahead = proxy.Services.GetRequiredService<ServerClock>().Now.AddMinutes(4).ToUnixTimeSeconds();

        await customer.WriteAsync(customer.Text("wamid.2", "two", $"{ahead}"));

        var (thread, message) = ((await customer.ThreadAsync())!, (await customer.MessagesAsync()).Single(stored => stored.Id == "wamid.2"));
        Assert.Equal(ahead, message.Fields.Timestamp("tsClient")!.Value.ToUnixTimeSeconds());
        Assert.True(thread.Fields.Timestamp("lastMessageAt") <= thread.UpdateTime, "ahead of the store");
        Assert.True(thread.Fields.Integer("lastMessageAtMs") <= thread.UpdateTime.ToUnixTimeMilliseconds(), "ahead of the store");
        Assert.Equal("two", thread.Fields.Text("lastMessageText"));
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("itself")]
    public async Task an_alias_that_leads_nowhere_is_repaired(string where)
    {
        var customer = await Customer.MeetAsync(proxy);
        await proxy.SetAsync(FirestorePaths.Thread(customer.ThreadId), new DocumentFields
        {
            ["accountId"] = customer.AccountId,
            ["redirectTo"] = where == "itself" ? customer.ThreadId : "nowhere",
        });

        await customer.WriteAsync(customer.Text("wamid.1", "one"));

        Assert.Single(await customer.MessagesAsync());
        Assert.Null((await customer.ThreadAsync())!.Fields.Text("redirectTo"));
    }

    [Fact]
    public async Task a_map_of_spellings_and_a_hashed_account_are_repaired()
    {
        var customer = await Customer.MeetAsync(proxy);
        await proxy.SetAsync(FirestorePaths.Thread(customer.ThreadId), new DocumentFields
        {
            ["accountId"] = "1a2b3c4d:40",
            ["clientJid"] = FirestoreValue.From(new DocumentFields { ["canonicalJid"] = customer.Jid }),
            ["lastMessageAt"] = "2026-01-01T00:00:00.000Z",
            ["unreadCount"] = "two",
        });

        await customer.WriteAsync(customer.Text("wamid.1", "one"));

        var thread = (await customer.ThreadAsync())!.Fields;
        Assert.Equal((customer.AccountId, customer.Jid, Customer.At, 1), (thread.Text("accountId"), thread.Text("clientJid"), thread.Timestamp("lastMessageAt"), thread.Integer("unreadCount")));
    }

    [Fact]
    public async Task a_thread_of_another_account_is_not_touched()
    {
        var customer = await Customer.MeetAsync(proxy);
        await proxy.SetAsync(FirestorePaths.Thread(customer.Jid), new DocumentFields { ["accountId"] = "somebody-else" });

        await customer.WriteAsync(customer.Text("wamid.1", "one"));

        Assert.Null((await customer.ThreadAsync(customer.Jid))!.Fields.Text("redirectTo"));
    }

    [Fact]
    public async Task a_name_that_somebody_gave_is_kept()
    {
        var customer = await Customer.MeetAsync(proxy);
        await proxy.SetAsync(FirestorePaths.Thread(customer.ThreadId), new DocumentFields { ["accountId"] = customer.AccountId, ["displayName"] = "Mrs Pop" });

        await customer.WriteAsync(customer.Text("wamid.1", "one"));

        Assert.Equal("Mrs Pop", (await customer.ThreadAsync())!.Fields.Text("displayName"));
    }

    [Fact]
    public async Task an_employee_resets_the_unread_count()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.1", "one"), customer.Text("wamid.2", "two"));
        var employee = await proxy.EmployeeAsync(ProxyUnderTest.Next("uid"));

        foreach (var path in new[] { "/whatsappProxyMarkRead", $"/{ProxyUnderTest.ProjectId}/us-central1/whatsappProxyMarkRead" })
        {
            var answer = await MarkReadAsync(customer.ThreadId, employee, path);
            Assert.Equal((200, customer.ThreadId, 0), (answer.Status, answer.Body.GetProperty("threadId").GetString(), answer.Body.GetProperty("unreadCount").GetInt32()));
        }

        Assert.Equal(0, (await customer.ThreadAsync())!.Fields.Integer("unreadCount"));
        await customer.WriteAsync(customer.Text("wamid.3", "three"));
        Assert.Equal(1, (await customer.ThreadAsync())!.Fields.Integer("unreadCount"));
    }

    [Fact]
    public async Task who_may_not_read_does_not_reset()
    {
        var customer = await Customer.MeetAsync(proxy);
        await customer.WriteAsync(customer.Text("wamid.1", "one"));
        var employee = await proxy.EmployeeAsync(ProxyUnderTest.Next("uid"));
        var stranger = await proxy.SignUpAsync(ProxyUnderTest.Next("uid"));

        (await MarkReadAsync(customer.ThreadId, null)).AssertRefused(401, "missing_auth_token");
        (await MarkReadAsync(customer.ThreadId, stranger)).AssertRefused(403, "employee_only");
        (await MarkReadAsync("unknown", employee)).AssertRefused(404, "thread_not_found");
        (await ProxyUnderTest.PostAsync(proxy.Client, "/whatsappProxyMarkRead", employee, "{}")).AssertRefused(400, "invalid_request");
        await proxy.SetAsync("config/whatsapp_inbox", new DocumentFields { ["adminOnlyAccountIds"] = FirestoreValue.From([customer.AccountId]) });
        (await MarkReadAsync(customer.ThreadId, employee)).AssertRefused(403, "forbidden");
        Assert.Equal(1, (await customer.ThreadAsync())!.Fields.Integer("unreadCount"));

        // The address is one user's at a time, and other tests need it too.
        var uid = ProxyUnderTest.Next("uid");
        var boss = await proxy.SignUpAsync(uid, ProxyUnderTest.SuperAdminEmail);
        var answer = await MarkReadAsync(customer.ThreadId, boss);
        await proxy.DeleteUserAsync(uid);
        Assert.Equal(200, answer.Status);
    }

    private Task<ProxyUnderTest.Answer> MarkReadAsync(string threadId, string? token, string path = "/whatsappProxyMarkRead") =>
        ProxyUnderTest.PostAsync(proxy.Client, path, token, System.Text.Json.JsonSerializer.Serialize(new { threadId }));
}
