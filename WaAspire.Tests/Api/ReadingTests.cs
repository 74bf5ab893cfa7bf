using System.Text.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Api;

/// <summary>Conversations as lists, and who one is.</summary>
[Collection(DeskCollection.Name)]
public sealed class ReadingTests(DeskWorld desk)
{
    private static readonly DateTimeOffset _noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task an_employee_sees_an_accounts_threads_the_last_active_first_with_times_as_clients_read_them()
    {
        var accountId = await OpenAsync(threads: 3);

        var answer = await desk.GetAsync($"/whatsappProxyGetThreads?accountId={accountId}&limit=2", desk.Employee);

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(2, answer.Body.GetProperty("count").GetInt32());
        var threads = answer.Body.GetProperty("threads").EnumerateArray().ToList();
        Assert.Equal([ThreadId(accountId, 3), ThreadId(accountId, 2)], threads.Select(thread => thread.GetProperty("id").GetString()));
        Assert.Equal(
            (_noon.AddMinutes(3).ToUnixTimeSeconds(), 0), (threads[0].GetProperty("lastMessageAt").GetProperty("_seconds").GetInt64(), threads[0].GetProperty("lastMessageAt").GetProperty("_nanoseconds").GetInt64()));
    }

    [Fact]
    public async Task a_thread_list_is_refused_in_its_functions_own_words()
    {
        (await desk.GetAsync("/whatsappProxyGetThreads?accountId=a", null)).AssertRefused(401, "missing_id_token");
        (await desk.GetAsync("/whatsappProxyGetThreads?accountId=a", "nonsense")).AssertRefused(401, "invalid_id_token");
        (await desk.GetAsync("/whatsappProxyGetThreads?accountId=a", await desk.Firebase.SignUpAsync(ProxyUnderTest.Next("nobody")))).AssertRefused(403, "employee_only");
        (await desk.GetAsync("/whatsappProxyGetThreads", desk.Employee)).AssertRefused(400, "invalid_request");
        Assert.Equal(0, (await desk.GetAsync("/whatsappProxyGetThreads?accountId=none&limit=nonsense", desk.Employee)).Body.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task an_inbox_shows_the_newest_messages_of_all_threads_and_no_evidence()
    {
        var accountId = await OpenAsync(threads: 3, messages: 4);

        var answer = await desk.GetAsync($"/whatsappProxyGetInbox?accountId={accountId}&limit=5", desk.Employee);

        Assert.True(answer.Status == 200, answer.Text);
        var messages = answer.Body.GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal((5, 5), (answer.Body.GetProperty("count").GetInt32(), messages.Count));
        Assert.Equal(["3.4", "2.4", "1.4", "3.3", "2.3"], messages.Select(message => message.GetProperty("body").GetString()));
        var newest = messages[0];
        Assert.Equal(
            ("m-4", ThreadId(accountId, 3), "40700000003@s.whatsapp.net", "Contact 3", "phone"),
            (newest.GetProperty("messageId").GetString(), newest.GetProperty("threadId").GetString(), newest.GetProperty("clientJid").GetString(),
                newest.GetProperty("displayName").GetString(), newest.GetProperty("contactType").GetString()));
        Assert.All(messages, message => Assert.False(message.TryGetProperty("raw", out _)));
    }

    [Fact]
    public async Task what_is_the_super_admins_only_is_not_listed_for_employees()
    {
        var accountId = await OpenAsync(threads: 1);
        await desk.Firebase.SetAsync("config/whatsapp_inbox", new DocumentFields { ["adminOnlyAccountIds"] = FirestoreValue.From([accountId]) });

        foreach (var function in new[] { "/whatsappProxyGetThreads", "/whatsappProxyGetInbox" })
        {
            (await desk.GetAsync($"{function}?accountId={accountId}", desk.Employee)).AssertRefused(403, "forbidden");
            Assert.Equal(200, (await desk.GetAsync($"{function}?accountId={accountId}", desk.Boss)).Status);
        }
    }

    [Fact]
    public async Task everybody_may_ask_who_he_is()
    {
        var boss = await desk.GetAsync("/whatsappWhoAmI", desk.Boss);
        var employee = await desk.GetAsync("/whatsappWhoAmI", desk.Employee);
        var nobody = await desk.GetAsync("/whatsappWhoAmI", await desk.Firebase.SignUpAsync(ProxyUnderTest.Next("nobody")));

        Assert.Equal([(200, true, false, false), (200, false, true, true), (200, false, false, false)], new[] { boss, employee, nobody }.Select(answer => (
            answer.Status, answer.Body.GetProperty("isAdmin").GetBoolean(), answer.Body.GetProperty("isEmployee").GetBoolean(), answer.Body.GetProperty("staffProfileExists").GetBoolean())));
        Assert.Equal(("staff", JsonValueKind.Null), (employee.Body.GetProperty("staffProfileRole").GetString(), nobody.Body.GetProperty("staffProfileRole").ValueKind));
        Assert.Contains("email", boss.Body.GetProperty("claimsKeys").EnumerateArray().Select(key => key.GetString()));
        Assert.Equal(ProxyUnderTest.SuperAdminEmail, boss.Body.GetProperty("email").GetString(), ignoreCase: true);
        Assert.False(boss.Body.TryGetProperty("success", out _));
        (await desk.GetAsync("/whatsappWhoAmI", null)).AssertRefused(401, "missing_auth_token");
    }

    [Fact]
    public async Task other_servers_read_threads_and_messages_of_an_account()
    {
        var accountId = await OpenAsync(threads: 2, messages: 2);
        await desk.Firebase.SetAsync(FirestorePaths.Thread(ThreadId(accountId, 9)), new DocumentFields { ["accountId"] = accountId, ["archived"] = true, ["lastMessageAt"] = _noon });

        var threads = (await desk.AskAsync("GET", $"/api/whatsapp/threads/{accountId}")).Body;
        Assert.Equal(2, threads.GetProperty("count").GetInt32());
        var recent = (await desk.AskAsync("GET", $"/api/whatsapp/messages?accountId={accountId}")).Body.GetProperty("threads").EnumerateArray().ToList();
        Assert.Equal([2, 2], recent.Select(thread => thread.GetProperty("messages").GetArrayLength()));
        var one = (await desk.AskAsync("GET", $"/api/whatsapp/messages/{accountId}/{ThreadId(accountId, 1)}?limit=1")).Body;
        Assert.Equal((1, "1.2"), (one.GetProperty("count").GetInt32(), one.GetProperty("messages")[0].GetProperty("body").GetString()));

        (await desk.AskAsync("GET", $"/api/whatsapp/messages/{accountId}/nowhere")).AssertRefused(404, "thread_not_found");
        (await desk.AskAsync("GET", $"/api/whatsapp/messages/another/{ThreadId(accountId, 1)}")).AssertRefused(403, "account_mismatch");
        (await desk.AskAsync("GET", "/api/whatsapp/inbox/nobody")).AssertRefused(404, "account_not_found");
        (await desk.AskAsync("GET", "/api/whatsapp/messages")).AssertRefused(400, "invalid_request");
    }

    private static string ThreadId(string accountId, int thread) => $"{accountId}__4070000000{thread}@s.whatsapp.net";

    /// <summary>Thread 3 was active last; message m-4 is each thread's newest.</summary>
    private async Task<string> OpenAsync(int threads, int messages = 0)
    {
        var accountId = ProxyUnderTest.Next("account");
        await desk.Firebase.SetAsync(FirestorePaths.Account(accountId), new DocumentFields { ["status"] = "connected" });
        for (var thread = 1; thread <= threads; thread++)
        {
            await desk.Firebase.SetAsync(FirestorePaths.Thread(ThreadId(accountId, thread)), new DocumentFields
            {
                ["accountId"] = accountId,
                ["clientJid"] = $"4070000000{thread}@s.whatsapp.net",
                ["displayName"] = $"Contact {thread}",
                ["lastMessageAt"] = _noon.AddMinutes(messages * 10).AddMinutes(thread),
            });
            for (var message = 1; message <= messages; message++)
            {
                await desk.Firebase.SetAsync(FirestorePaths.ThreadMessage(ThreadId(accountId, thread), $"m-{message}"), new DocumentFields
                {
                    ["body"] = $"{thread}.{message}",
                    ["tsClient"] = _noon.AddMinutes(message * 10).AddMinutes(thread),
                    ["raw"] = "evidence",
                });
            }
        }

        return accountId;
    }
}
