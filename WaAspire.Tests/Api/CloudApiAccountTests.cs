using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Proxy;

namespace WaAspire.Tests.Api;

/// <summary>Accounts of the Cloud API: checked at Meta before they are one, and their token never to be seen again.</summary>
[Collection(DeskCollection.Name)]
public sealed class CloudApiAccountTests(DeskWorld desk)
{
    // A worker that has ended still looks alive to the other one for a while, and what would have been its own waits for that.
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(4);
    private static int _numbers = 1000;

    [Fact]
    public async Task what_is_sent_from_an_added_number_is_sent_with_its_own_token()
    {
        var requestId = await SendAsync(await AddAsync(NewNumber()));

        await Eventually.IsTrueAsync(async () => await StatusAsync(requestId) == OutboxStatus.Sent, "the message is sent", _patience);
    }

    [Fact]
    public async Task nothing_is_sent_for_a_deleted_account_until_it_comes_back()
    {
        var (number, other) = (NewNumber(), await AddAsync(NewNumber()));
        var accountId = await AddAsync(number);
        await desk.PostAsync($"/whatsappProxyDeleteAccount?accountId={accountId}", desk.Boss);
        var waiting = await SendAsync(accountId);

        // What came later has been sent: the sweep that found it has seen this one too.
        var later = await SendAsync(other);
        await Eventually.IsTrueAsync(async () => await StatusAsync(later) == OutboxStatus.Sent, "the other account's message is sent", _patience);
        Assert.Equal(OutboxStatus.Queued, await StatusAsync(waiting));

        await AddAsync(number);
        await Eventually.IsTrueAsync(async () => await StatusAsync(waiting) == OutboxStatus.Sent, "the message is sent", _patience);
    }

    [Fact]
    public async Task the_token_is_stored_encrypted_and_shown_nowhere()
    {
        var number = NewNumber();
        var accountId = await AddAsync(number);

        var account = await desk.AccountAsync(accountId);
        Assert.Equal(
            ("cloud_api", "connected", number, 80L),
            (account.Text(AccountFields.Provider), account.Text(AccountFields.Status), account.Text(AccountFields.PhoneNumberId), account.Integer(AccountFields.ThroughputPerSecond)));
        Assert.DoesNotContain(account.Values, value => value.AsString?.Contains(DeskWorld.MetaToken, StringComparison.Ordinal) == true);
        var secret = (await desk.Firebase.FindAsync(FirestorePaths.AccountSecret(accountId)))!.Fields;
        Assert.Equal("new", secret.Text("keyId"));
        Assert.DoesNotContain(secret.Values, value => value.AsString?.Contains(DeskWorld.MetaToken, StringComparison.Ordinal) == true);
        Assert.DoesNotContain(DeskWorld.MetaToken, (await desk.GetAsync("/whatsappProxyGetAccounts", desk.Boss)).Text);
        Assert.DoesNotContain(DeskWorld.MetaToken, (await desk.GetAsync("/ops/audit?limit=500", desk.Boss)).Text);
    }

    [Fact]
    public async Task it_is_added_twice_with_one_id_and_its_token_goes_when_it_is_deleted()
    {
        var number = NewNumber();
        var accountId = await AddAsync(number);
        var first = (await desk.AccountAsync(accountId)).Text(AccountFields.AccessTokenId);

        Assert.Equal(accountId, await AddAsync(number));
        Assert.NotEqual(first, (await desk.AccountAsync(accountId)).Text(AccountFields.AccessTokenId));

        Assert.Equal(200, (await desk.PostAsync($"/whatsappProxyDeleteAccount?accountId={accountId}", desk.Boss)).Status);
        Assert.Null(await desk.Firebase.FindAsync(FirestorePaths.AccountSecret(accountId)));
        Assert.Null((await desk.AccountAsync(accountId)).Text(AccountFields.AccessTokenId));
        Assert.Equal(accountId, await AddAsync(number));
    }

    [Fact]
    public async Task what_meta_does_not_accept_becomes_no_account()
    {
        var number = NewNumber();

        (await PostAsync(number, "a-wrong-token")).AssertRefused(400, "invalid_access_token");

        Assert.Empty((await desk.Firestore.QueryAsync(
            new DocumentQuery(FirestorePaths.Accounts) { Where = [FieldFilter.Equal(AccountFields.PhoneNumberId, number)] }, "test", CancellationToken.None)).Documents);
    }

    [Fact]
    public async Task a_new_token_ends_the_pause_that_the_old_one_had_caused_and_no_persons()
    {
        var number = NewNumber();
        var accountId = await AddAsync(number);
        await PauseAsync(accountId, "token_expired", "whatsapp");
        await AddAsync(number);
        Assert.Null((await desk.AccountAsync(accountId)).Map(AccountFields.SendPaused));

        await PauseAsync(accountId, "holiday", "operator");
        await AddAsync(number);
        Assert.NotNull((await desk.AccountAsync(accountId)).Map(AccountFields.SendPaused));
    }

    [Fact]
    public async Task a_number_is_of_one_kind_at_a_time_and_has_no_code_to_scan()
    {
        var accountId = await AddAsync(NewNumber());
        var phone = (await desk.AccountAsync(accountId)).Text(AccountFields.PhoneE164);

        (await desk.PostAsync("/whatsappProxyAddAccount", desk.Boss, new { name = "Office", phone })).AssertRefused(409, "provider_mismatch");
        (await desk.PostAsync($"/whatsappProxyRegenerateQr?accountId={accountId}", desk.Boss)).AssertRefused(409, "UPSTREAM_HTTP_409");
    }

    [Fact]
    public async Task a_worker_that_could_not_keep_a_token_says_so_and_one_that_cannot_reach_meta_too()
    {
        var body = System.Text.Json.JsonSerializer.Serialize(new { name = "N", provider = "cloud_api", phoneNumberId = NewNumber(), accessToken = DeskWorld.MetaToken });

        await desk.WithWorkerAsync(
            async keyless => (await ProxyUnderTest.PostAsync(keyless, "/api/whatsapp/add-account", null, body)).AssertRefused(500, "configuration_missing"), "--WA_SESSION_KEYS", "");
        await desk.WithWorkerAsync(
            async cutOff => (await ProxyUnderTest.PostAsync(cutOff, "/api/whatsapp/add-account", null, body)).AssertRefused(503, "whatsapp_unavailable"),
            "--WHATSAPP_GRAPH_BASE_URL", "http://127.0.0.1:1/v25.0");
    }

    private async Task<string> SendAsync(string accountId)
    {
        var (threadId, jid) = ($"{accountId}__40733000001@s.whatsapp.net", "40733000001@s.whatsapp.net");
        await desk.Firebase.SetAsync(FirestorePaths.Thread(threadId), new DocumentFields { ["accountId"] = accountId, ["clientJid"] = jid });
        var sent = await desk.PostAsync("/whatsappProxySend", desk.Employee, new { threadId, accountId, toJid = jid, text = "Hello", clientMessageId = ProxyUnderTest.Next("client") });
        return sent.AssertAccepted();
    }

    private async Task<OutboxStatus?> StatusAsync(string requestId) => OutboxDocument.Read((await desk.Firebase.FindAsync(FirestorePaths.OutboxMessage(requestId)))!).Status;

    private static string NewNumber() => $"9{Interlocked.Increment(ref _numbers):d7}";

    private Task<ProxyUnderTest.Answer> PostAsync(string number, string token) => desk.PostAsync(
        "/whatsappProxyAddAccount", desk.Boss, new { name = "Cloud", provider = "cloud_api", phoneNumberId = number, accessToken = token, wabaId = "2001" });

    private async Task<string> AddAsync(string number)
    {
        var added = await PostAsync(number, DeskWorld.MetaToken);
        Assert.True(added.Status == 200, added.Text);
        Assert.Equal("connected", added.Body.GetProperty("account").GetProperty("status").GetString());
        return added.Body.GetProperty("account").GetProperty("id").GetString()!;
    }

    private Task PauseAsync(string accountId, string reason, string by) => desk.ChangeAsync(accountId, new DocumentFields
    {
        [AccountFields.SendPaused] = FirestoreValue.From(new SendPause(reason, "190", TimeProvider.System.GetUtcNow(), null, by).ToFields()),
    });
}
