using System.Text.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Proxy;
using WaAspire.Worker.Accounts;

namespace WaAspire.Tests.Api;

/// <summary>Accounts as an app meets them: through the proxy, answered by a worker, as Firestore has them.</summary>
[Collection(DeskCollection.Name)]
public sealed class AccountsTests(DeskWorld desk)
{
    [Fact]
    public async Task an_account_that_is_added_twice_is_one_account_whatever_the_spelling_of_its_number()
    {
        var added = await desk.PostAsync("/whatsappProxyAddAccount", desk.Boss, new { name = " Office ", phone = "+40 712 345 678" });
        Assert.True(added.Status == 200, added.Text);
        var account = added.Body.GetProperty("account");
        Assert.Equal(
            ("account_prod_cd7b11e308a59fd9ab810bce5faf8393", "Office", "+40712345678", "connecting"),
            (account.GetProperty("id").GetString(), account.GetProperty("name").GetString(), account.GetProperty("phone").GetString(), account.GetProperty("status").GetString()));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (account.GetProperty("qrCode").ValueKind, account.GetProperty("pairingCode").ValueKind));
        Assert.Matches("^20..-", account.GetProperty("createdAt").GetString());
        var before = await desk.AccountAsync(account.GetProperty("id").GetString()!);

        foreach (var spelling in new[] { "+40712345678", "40712345678", "0712 345 678" })
        {
            Assert.Equal(account.GetProperty("id").GetString(), await desk.AddAsync(spelling));
        }

        // The wish for a code is the first one's: a repeat disturbs no pairing.
        var after = await desk.AccountAsync(account.GetProperty("id").GetString()!);
        Assert.Equal(before.Map(AccountFields.PairRequest)!.Text("id"), after.Map(AccountFields.PairRequest)!.Text("id"));
    }

    [Fact]
    public async Task two_adds_at_once_make_one_account()
    {
        var phone = DeskWorld.NewPhone();

        var ids = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => desk.AddAsync(phone)));

        Assert.Single(ids.Distinct());
    }

    [Fact]
    public async Task an_account_of_an_older_namespace_or_an_older_kind_of_id_keeps_its_id()
    {
        var (first, second) = (DeskWorld.NewPhone(), DeskWorld.NewPhone());
        var dev = AccountId.Of("dev", first);
        await desk.Firebase.SetAsync(FirestorePaths.Account(dev), new DocumentFields { ["name"] = "Old", ["status"] = "needs_qr" });
        await desk.Firebase.SetAsync(FirestorePaths.Account("account_1700000000001"), new DocumentFields { ["phoneE164"] = second[1..], ["status"] = "connected" });

        Assert.Equal(dev, await desk.AddAsync(first));
        Assert.Equal("account_1700000000001", await desk.AddAsync(second));
        Assert.Equal("connecting", (await desk.AccountAsync(dev)).Text("status"));
        Assert.Equal("connected", (await desk.AccountAsync("account_1700000000001")).Text("status"));
    }

    [Fact]
    public async Task of_two_old_accounts_with_one_number_the_other_one_is_retired()
    {
        var phone = DeskWorld.NewPhone();
        var (kept, other) = ($"account_{phone[1..]}_a", $"account_{phone[1..]}_b");
        await desk.Firebase.SetAsync(FirestorePaths.Account(other), new DocumentFields { ["phoneE164"] = phone, ["status"] = "reconnecting" });
        await desk.Firebase.SetAsync(FirestorePaths.Account(kept), new DocumentFields { ["phone"] = phone, ["status"] = "connected" });

        Assert.Equal(kept, await desk.AddAsync(phone));

        var retired = await desk.AccountAsync(other);
        Assert.Equal(
            ("disconnected", "replaced_by_new_session", kept),
            (retired.Text("status"), retired.Text(AccountFields.LastDisconnectReason), retired.Text(AccountFields.ReplacedBy)));
    }

    [Fact]
    public async Task a_code_asked_for_five_times_at_once_is_asked_for_once()
    {
        var accountId = await desk.AddAsync();
        await desk.ChangeAsync(accountId, new DocumentFields { [AccountFields.Status] = AccountFields.NeedsQr, [AccountFields.PairRequestedAt] = DateTimeOffset.UnixEpoch });

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => desk.PostAsync($"/whatsappProxyRegenerateQr?accountId={accountId}", desk.Boss)));

        Assert.All(answers, answer => Assert.True(answer.Status is 200 or 202, answer.Text));
        Assert.Single(answers, answer => answer.Body.GetProperty("status").GetString() == "in_progress");
        Assert.All(answers, answer => Assert.NotEmpty(answer.Body.GetProperty("requestId").GetString()!));
        Assert.Equal(4, answers.Count(answer => answer is { Status: 202 } && answer.Body.GetProperty("status").GetString() == "already_in_progress"));
    }

    [Fact]
    public async Task a_code_that_is_there_is_given_to_the_super_admin_and_only_until_it_expires()
    {
        var accountId = await desk.AddAsync();
        await desk.ShowCodeAsync(accountId, TimeSpan.FromHours(1));

        var shown = await desk.ListedAsync(accountId);
        Assert.Equal("qr_ready", shown.GetProperty("status").GetString());
        var picture = shown.GetProperty("qrCode").GetString()!;
        Assert.StartsWith("data:image/png;base64,", picture);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], Convert.FromBase64String(picture[22..])[..4]);
        Assert.True(shown.GetProperty("qrExpiresAt").GetProperty("_seconds").GetInt64() > 0);
        var again = await desk.PostAsync("/whatsappProxyRegenerateQr", desk.Boss, new { accountId });
        Assert.Equal((200, true, picture), (again.Status, again.Body.GetProperty("idempotent").GetBoolean(), again.Body.GetProperty("qrCode").GetString()));

        var forStaff = await desk.ListedAsync(accountId, "/whatsappProxyGetAccountsStaff", desk.Employee);
        Assert.All(new[] { "qr", "qrCode", "pairingCode", "pairing_code", "pairingUrl", "pairing_url", "qrExpiresAt" }, name => Assert.False(forStaff.TryGetProperty(name, out _), name));
        Assert.DoesNotContain("2@a-code", (await desk.GetAsync("/whatsappProxyGetAccounts", desk.Boss)).Text);

        await desk.ShowCodeAsync(accountId, -TimeSpan.FromSeconds(1));
        Assert.Equal(JsonValueKind.Null, (await desk.ListedAsync(accountId)).GetProperty("qrCode").ValueKind);
    }

    [Fact]
    public async Task a_connected_account_is_left_alone()
    {
        var accountId = await desk.AddAsync();
        await desk.ChangeAsync(accountId, new DocumentFields { [AccountFields.Status] = AccountFields.Connected });

        var answer = await desk.PostAsync($"/whatsappProxyRegenerateQr?accountId={accountId}", desk.Boss);

        Assert.Equal((200, "connected"), (answer.Status, answer.Body.GetProperty("status").GetString()));
        Assert.Equal("connected", (await desk.AccountAsync(accountId)).Text(AccountFields.Status));
    }

    [Fact]
    public async Task an_account_is_deleted_twice_and_comes_back_under_its_id()
    {
        var phone = DeskWorld.NewPhone();
        var accountId = await desk.AddAsync(phone);

        foreach (var method in new[] { HttpMethod.Delete, HttpMethod.Post })
        {
            var deleted = await ProxyUnderTest.SendAsync(desk.Proxy, method, $"/whatsappProxyDeleteAccount?accountId={accountId}", desk.Boss, null);
            Assert.Equal((200, "deleted"), (deleted.Status, deleted.Body.GetProperty("status").GetString()));
        }

        Assert.NotNull((await desk.AccountAsync(accountId)).Timestamp(AccountFields.DeletedAt));
        Assert.Equal(JsonValueKind.Undefined, (await desk.ListedAsync(accountId)).ValueKind);
        (await desk.PostAsync($"/whatsappProxyRegenerateQr?accountId={accountId}", desk.Boss)).AssertRefused(404, "UPSTREAM_HTTP_404");
        (await desk.PostAsync($"/whatsappProxyBackfillAccount?accountId={accountId}", desk.Employee)).AssertRefused(404, "account_not_found");

        Assert.Equal(accountId, await desk.AddAsync(phone));
        var back = await desk.AccountAsync(accountId);
        Assert.Equal(("connecting", true, null), (back.Text(AccountFields.Status), back.Map(AccountFields.PairRequest)!.Boolean("fresh"), back.Timestamp(AccountFields.DeletedAt)));
    }

    [Fact]
    public async Task history_is_asked_for_once_and_only_of_a_connected_account()
    {
        var accountId = await desk.AddAsync();
        var early = await desk.PostAsync("/whatsappProxyBackfillAccount", desk.Employee, new { accountId });
        early.AssertRefused(409, "invalid_state");
        Assert.Equal("connecting", early.Body.GetProperty("currentStatus").GetString());

        await desk.ChangeAsync(accountId, new DocumentFields { [AccountFields.Status] = AccountFields.Connected });
        var first = await desk.PostAsync("/whatsappProxyBackfillAccount", desk.Employee, new { accountId });
        var asked = await desk.AccountAsync(accountId);
        var second = await desk.PostAsync("/whatsappProxyBackfillAccount", desk.Employee, new { accountId });

        Assert.Equal((200, 200, accountId), (first.Status, second.Status, second.Body.GetProperty("accountId").GetString()));
        var still = await desk.AccountAsync(accountId);
        Assert.NotNull(asked.Timestamp(AccountFields.BackfillRequestedAt));
        Assert.Equal(asked.Timestamp(AccountFields.BackfillRequestedAt), still.Timestamp(AccountFields.BackfillRequestedAt));

        // What its owner looks for; when it is carried out, it may be asked for again.
        var request = HistoryRequest.Read(still);
        Assert.NotNull(request);
        Assert.Equal(HistoryRequest.Read(asked), request);
        await desk.ChangeAsync(accountId, new DocumentFields { [AccountFields.HistoryRequestDone] = request.Id, [AccountFields.LastBackfillAt] = asked.Timestamp(AccountFields.BackfillRequestedAt)!.Value });
        Assert.Equal(200, (await desk.PostAsync("/whatsappProxyBackfillAccount", desk.Employee, new { accountId })).Status);
        Assert.NotEqual(request.Id, HistoryRequest.Read(await desk.AccountAsync(accountId))?.Id);
    }

    [Fact]
    public async Task one_account_more_than_there_may_be_is_refused_with_the_numbers()
    {
        var known = await desk.AddAsync("+40799555000");
        await desk.WithWorkerAsync(
            async worker =>
            {
                var proxy = await desk.Firebase.StartAnotherAsync("--WHATSAPP_RAILWAY_BASE_URL", worker.BaseAddress!.ToString(), "--INTERNAL_TOKEN", DeskWorld.InternalToken);

                var refused = await ProxyUnderTest.PostAsync(proxy, "/whatsappProxyAddAccount", desk.Boss, $$"""{"name":"One more","phone":"{{DeskWorld.NewPhone()}}"}""");

                refused.AssertRefused(429, "rate_limited");
                Assert.Equal(1, refused.Body.GetProperty("maxAccounts").GetInt32());
                Assert.True(refused.Body.GetProperty("retryAfterSeconds").GetInt32() > 0);
                // Who is there already is no one more.
                var again = await ProxyUnderTest.PostAsync(proxy, "/whatsappProxyAddAccount", desk.Boss, """{"name":"Office","phone":"+40799555000"}""");
                Assert.Equal((200, known), (again.Status, again.Body.GetProperty("account").GetProperty("id").GetString()));
            },
            "--Accounts:AccountsMax", "1");
    }

    [Fact]
    public async Task of_many_that_are_added_at_once_no_more_find_room_than_there_is()
    {
        var living = (await desk.GetAsync("/whatsappProxyGetAccounts", desk.Boss)).Body.GetProperty("accounts").GetArrayLength();
        await desk.WithWorkerAsync(
            async worker =>
            {
                var proxy = await desk.Firebase.StartAnotherAsync("--WHATSAPP_RAILWAY_BASE_URL", worker.BaseAddress!.ToString(), "--INTERNAL_TOKEN", DeskWorld.InternalToken);

                var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ProxyUnderTest.PostAsync(
                    proxy, "/whatsappProxyAddAccount", desk.Boss, $$"""{"name":"One of many","phone":"{{DeskWorld.NewPhone()}}"}""")));

                Assert.Equal([200, 200, 429, 429, 429, 429], answers.Select(answer => answer.Status).Order());
            },
            "--Accounts:AccountsMax",
            $"{living + 2}");
    }

    [Fact]
    public async Task employees_are_not_shown_the_super_admins_own_number()
    {
        var accountId = await desk.AddAsync(DeskWorld.AdminPhone);

        Assert.Equal(JsonValueKind.Object, (await desk.ListedAsync(accountId)).ValueKind);
        Assert.Equal(JsonValueKind.Undefined, (await desk.ListedAsync(accountId, "/whatsappProxyGetAccountsStaff", desk.Employee)).ValueKind);
    }

    [Fact]
    public async Task who_added_and_deleted_an_account_is_written_down_without_its_number()
    {
        var phone = DeskWorld.NewPhone();
        var accountId = await desk.AddAsync(phone);
        await desk.PostAsync($"/whatsappProxyDeleteAccount?accountId={accountId}", desk.Boss);

        var audit = await desk.GetAsync("/ops/audit?limit=500", desk.Boss);
        var entries = audit.Body.GetProperty("entries").EnumerateArray().Select(entry => (entry.GetProperty("what").GetString(), entry.GetProperty("target").GetString())).ToList();
        Assert.Contains(("accounts.delete", $"accounts/{accountId}"), entries);
        Assert.Contains(("accounts.add", "accounts"), entries);
        Assert.DoesNotContain(phone[1..], audit.Text);
    }
}
