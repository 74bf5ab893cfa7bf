using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Accounts.Ownership;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Accounts.Ownership;
using WaAspire.Worker.Gateway;

namespace WaAspire.Tests.Gateway;

/// <summary>What a gateway reports, through the worker's real door for it.</summary>
[Collection(OwnershipCollection.Name)]
public sealed class GatewayEventsTests(TwoOwners world) : IAsyncLifetime
{
    private const string Writer = "40712345678";
    private readonly string _account = TwoOwners.NewAccount();
    private GatewayDoor _door = null!;
    private HttpClient _gateway = null!;
    private OwnedAccount _held = null!;

    public async Task InitializeAsync()
    {
        await world.OpenAsync(_account, "connecting");
        _held = await world.OwnAsync(world.One, _account);
        _door = new GatewayDoor(world.One.GetRequiredService<WaAspire.Worker.Sessions.SessionsApi>(), world.One.GetRequiredService<GatewayEvents>());
        await _door.StartAsync(CancellationToken.None);
        _gateway = new HttpClient { BaseAddress = new Uri(_door.Url) };
        _gateway.DefaultRequestHeaders.Add(GatewayDoor.TokenHeader, _door.Token);
    }

    public async Task DisposeAsync()
    {
        _gateway.Dispose();
        await _door.DisposeAsync();
    }

    [Fact]
    public async Task nobody_without_the_token_of_this_run_comes_in()
    {
        _gateway.DefaultRequestHeaders.Remove(GatewayDoor.TokenHeader);

        using var answer = await _gateway.PostAsJsonAsync($"/internal/sessions/{_account}/read", new { epoch = 1, keys = Array.Empty<object>() });

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task keys_go_in_and_come_out_and_an_older_epoch_is_stale()
    {
        var key = new { type = "session", id = "40712345678.0" };
        await PostAsync("write", new { epoch = 1, seq = 1, writes = new[] { new { key.type, key.id, value = "private" } } });

        var read = await PostAsync("read", new { epoch = 1, keys = new[] { key } });
        Assert.Equal((1, "private"), (read.GetProperty("seq").GetInt32(), read.GetProperty("values")[0].GetProperty("value").GetString()));

        Assert.Equal("stale_epoch", (await PostAsync("write", new { epoch = 0, seq = 1, writes = Array.Empty<object>() }, HttpStatusCode.Conflict)).GetProperty("error").GetString());
        await PostAsync("read", new { epoch = 2, keys = Array.Empty<object>() }, HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task a_gateway_that_begins_counts_on_from_a_write_of_its_predecessor_whose_reply_was_lost()
    {
        await using (await world.LoseReplyAsync(FirestorePaths.Session(_account)))
        {
            await PostAsync("write", new { epoch = 1, seq = 1, writes = new[] { new { type = "creds", id = "", value = "first" } } }, HttpStatusCode.ServiceUnavailable);
        }

        var creds = new[] { new { type = "creds", id = "" } };
        Assert.Equal(1, (await PostAsync("read", new { epoch = 1, keys = creds })).GetProperty("seq").GetInt32());

        await PostAsync("write", new { epoch = 1, seq = 2, writes = new[] { new { type = "creds", id = "", value = "second" } } });
        Assert.Equal("second", (await PostAsync("read", new { epoch = 1, keys = creds })).GetProperty("values")[0].GetProperty("value").GetString());
    }

    [Fact]
    public async Task a_session_whose_keys_cannot_be_read_is_not_opened_again_at_once()
    {
        var before = TimeProvider.System.GetTimestamp();
        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 1, state = "closed", reason = "lease_expired", degraded = false, reconnectCount = 0 });
        Assert.Equal(0, _held.OpenAfter);

        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 2, state = "closed", reason = "keys_unreachable", degraded = false, reconnectCount = 0 });
        Assert.True(_held.OpenAfter > before + (10 * TimeProvider.System.TimestampFrequency));
    }

    [Fact]
    public async Task two_workers_that_both_believe_store_only_what_the_newer_one_writes()
    {
        var newer = await world.OwnAsync(world.Other, _account);
        Assert.True(newer.Term.Epoch > _held.Term.Epoch);

        // The deposed one still trusts its lease, and its gateway still writes.
        await PostAsync("write", new { epoch = 1, seq = 1, writes = new[] { new { type = "creds", id = "", value = "old" } } }, HttpStatusCode.Conflict);

        Assert.Empty(await world.KeysAsync(_account));
    }

    [Theory]
    [InlineData("connecting", null, "connecting")]
    [InlineData("qr_ready", null, "qr_ready")]
    [InlineData("connected", null, "connected")]
    [InlineData("reconnecting", null, "reconnecting")]
    [InlineData("needs_qr", "not_scanned", "needs_qr")]
    [InlineData("logged_out", "device_removed", "needs_qr")]
    [InlineData("logged_out", "by_command", "logged_out")]
    [InlineData("stopped", "ownership_lost", "disconnected")]
    [InlineData("stopped", "account_banned", "disconnected")]
    [InlineData("closed", "lease_expired", "reconnecting")]
    public async Task how_a_session_stands_is_shown_in_words_that_clients_know(string state, string? reason, string status)
    {
        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 1, state, reason, degraded = false, reconnectCount = 2 });

        var account = await AccountAsync();
        Assert.Equal((status, 2L), (account.Text(AccountFields.Status), account.Integer("reconnectCount")));
        Assert.Equal(state == "connected", world.One.GetRequiredService<OwnedAccounts>().MaySend(_account));
    }

    [Fact]
    public async Task a_code_lies_in_the_account_until_it_is_used()
    {
        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 1, state = "qr_ready", qr = "2@abc", qrExpiresAt = 1767225600000, degraded = false, reconnectCount = 0 });
        Assert.Equal("2@abc", (await AccountAsync()).Text("qrText"));

        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 2, state = "connected", jid = Writer + "@s.whatsapp.net", connectedAt = 1767225600000, degraded = false, reconnectCount = 0 });
        var account = await AccountAsync();
        Assert.Equal((null, Writer), (account.Text("qrText"), account.Text("phoneE164")));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1767225600), account.Timestamp("lastConnectedAt"));
    }

    [Fact]
    public async Task a_code_expires_by_the_servers_clock()
    {
        var before = TimeProvider.System.GetUtcNow();
        await StandAsync(new
        {
            kind = "session",
            accountId = _account,
            epoch = 1,
            version = 1,
            state = "qr_ready",
            qr = "2@abc",
            qrExpiresAt = before.AddHours(2).ToUnixTimeMilliseconds(),
            degraded = false,
            reconnectCount = 0,
        });

        var account = await AccountAsync();
        Assert.InRange(account.Timestamp(AccountFields.QrExpiresAt)!.Value - account.Timestamp(AccountFields.QrUpdatedAt)!.Value, TimeSpan.FromHours(1), TimeSpan.FromHours(3));
    }

    [Fact]
    public async Task reconnects_are_counted_over_all_terms_and_all_starts_of_the_gateway()
    {
        foreach (var told in new[] { 1, 3, 3, 2 })
        {
            await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 1, state = "reconnecting", degraded = false, reconnectCount = told });
        }

        // 3, then a gateway that began again and has got to 2; then a former term's 10 and its own 4.
        Assert.Equal(5, (await AccountAsync()).Integer(AccountFields.ReconnectCount));
        await ChangeAsync(new DocumentFields { ["sessionEpoch"] = 0L, ["sessionReconnects"] = 10L });
        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 1, state = "connected", degraded = false, reconnectCount = 4 });
        Assert.Equal(9, (await AccountAsync()).Integer(AccountFields.ReconnectCount));
    }

    [Fact]
    public async Task while_a_code_is_wished_for_and_not_asked_for_yet_the_account_is_on_its_way()
    {
        await world.One.GetRequiredService<PairRequests>().AskAsync(_account, null, fresh: false, CancellationToken.None);
        var stand = new { kind = "session", accountId = _account, epoch = 1, version = 1, state = "needs_qr", reason = "never_paired", degraded = false, reconnectCount = 0 };

        await StandAsync(stand);
        Assert.Equal("connecting", (await AccountAsync()).Text(AccountFields.Status));

        _held.PairRequestDone = (await AccountAsync()).Map(AccountFields.PairRequest)!.Text("id");
        await StandAsync(stand);
        Assert.Equal("needs_qr", (await AccountAsync()).Text(AccountFields.Status));
    }

    [Fact]
    public async Task a_request_for_a_code_ends_with_what_is_told_after_it_and_not_before()
    {
        await world.One.GetRequiredService<PairRequests>().AskAsync(_account, null, fresh: false, CancellationToken.None);
        var request = (await AccountAsync()).Map(AccountFields.PairRequest)!.Text("id");
        (_held.PairRequestDone, _held.PairRequestDoneAt) = (request, 5);

        // On its way while the gateway was asked.
        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 4, state = "needs_qr", reason = "never_paired", degraded = false, reconnectCount = 0 });
        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 6, state = "qr_ready", qr = "2@abc", degraded = false, reconnectCount = 0 });
        var account = await AccountAsync();
        Assert.Equal(("qr_ready", request, null), (account.Text(AccountFields.Status), account.Text(AccountFields.PairRequestDone), account.Text(AccountFields.PairRequestEnded)));

        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 7, state = "needs_qr", reason = "not_scanned", degraded = false, reconnectCount = 0 });
        account = await AccountAsync();
        Assert.Equal(("needs_qr", request), (account.Text(AccountFields.Status), account.Text(AccountFields.PairRequestEnded)));
    }

    [Theory]
    [InlineData(AccountFields.SessionStopped)]
    [InlineData(AccountFields.ReplacedBy)]
    public async Task what_a_person_has_ended_a_late_word_of_the_session_does_not_bring_back(string field)
    {
        await ChangeAsync(new DocumentFields { [AccountFields.Status] = "disconnected", [field] = field == AccountFields.SessionStopped ? true : "another" });

        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 1, state = "connected", jid = Writer + "@s.whatsapp.net", degraded = false, reconnectCount = 0 });

        Assert.Equal("disconnected", (await AccountAsync()).Text(AccountFields.Status));
    }

    [Fact]
    public async Task a_session_whose_number_another_account_has_retires_that_one_and_no_stranger()
    {
        var (older, deleted, stranger) = (_account + "_older", _account + "_deleted", _account + "_stranger");
        foreach (var (id, phone, status) in new[] { (older, "+40712000777", "connected"), (deleted, "40712000777", "deleted"), (stranger, "40712000778", "connected") })
        {
            await world.CommitAsync(DocumentWrite.Set(FirestorePaths.Account(id), new DocumentFields { [AccountFields.PhoneE164] = phone, [AccountFields.Status] = status }));
        }

        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 1, state = "connected", jid = "40712000777@s.whatsapp.net", degraded = false, reconnectCount = 0 });

        var retired = (await world.FindAsync(FirestorePaths.Account(older)))!.Fields;
        Assert.Equal(
            ("disconnected", "replaced_by_new_session", _account),
            (retired.Text(AccountFields.Status), retired.Text(AccountFields.LastDisconnectReason), retired.Text(AccountFields.ReplacedBy)));
        Assert.Equal(("deleted", "connected"), (
            (await world.FindAsync(FirestorePaths.Account(deleted)))!.Fields.Text(AccountFields.Status), (await world.FindAsync(FirestorePaths.Account(stranger)))!.Fields.Text(AccountFields.Status)));
    }

    [Fact]
    public async Task of_two_accounts_with_one_number_that_come_up_at_once_one_remains()
    {
        var replaced = world.One.GetRequiredService<ReplacedAccounts>();
        for (var round = 0; round < 10; round++)
        {
            var phone = $"407120001{round:00}";
            string[] both = [$"{_account}_{round}_left", $"{_account}_{round}_right"];
            await world.CommitAsync([.. both.Select(id => DocumentWrite.Set(
                FirestorePaths.Account(id), new DocumentFields { [AccountFields.PhoneE164] = phone, [AccountFields.Status] = "connected" }))]);

            await Task.WhenAll(both.Select(id => replaced.RetireOthersAsync(id, phone, CancellationToken.None)));

            var retired = await Task.WhenAll(both.Select(async id => (await world.FindAsync(FirestorePaths.Account(id)))!.Fields.Text(AccountFields.ReplacedBy)));
            Assert.Single(retired, by => by is null);
        }
    }

    [Fact]
    public async Task an_older_word_that_comes_after_a_newer_one_changes_nothing()
    {
        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 7, state = "connected", degraded = false, reconnectCount = 0 });
        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 6, state = "reconnecting", degraded = false, reconnectCount = 0 });

        Assert.Equal(("connected", true), ((await AccountAsync()).Text(AccountFields.Status), _held.IsConnected));
    }

    [Fact]
    public async Task the_word_of_an_older_term_changes_nothing()
    {
        await world.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(_account), Precondition.Present, new DocumentFields { ["sessionEpoch"] = 9L, [AccountFields.Status] = "connected" }));

        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 5, state = "stopped", reason = "ownership_lost", degraded = false, reconnectCount = 0 });

        Assert.Equal("connected", (await AccountAsync()).Text(AccountFields.Status));
    }

    [Fact]
    public async Task a_letter_is_stored_once_under_the_phone_number_though_it_came_with_a_hidden_address()
    {
        var letter = new
        {
            kind = "message",
            accountId = _account,
            epoch = 1,
            id = "3A0000000001",
            remoteJid = "99887766@lid",
            remoteJidAlt = Writer + "@s.whatsapp.net",
            fromMe = false,
            timestamp = 1767225600,
            pushName = "Ana",
            live = true,
            content = new { type = "text", text = new { body = "Salut" } },
        };
        await StandAsync(letter);
        await StandAsync(letter);

        var stored = (await world.FindAsync(FirestorePaths.ThreadMessage($"{_account}__{Writer}@s.whatsapp.net", letter.id)))!.Fields;
        Assert.Equal(("inbound", "Salut", "Ana"), (stored.Text(ThreadMessageFields.Direction), stored.Text(ThreadMessageFields.Body), stored.Text(ThreadMessageFields.SenderName)));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("message")]
    public async Task a_receipt_or_an_echo_proves_a_message_whose_outcome_nobody_knows(string kind)
    {
        var requestId = $"{_account}-{kind}";
        await world.CommitAsync(OutboxWorld.QueuedWrites(requestId, $"{_account}__{Writer}@s.whatsapp.net", _account));
        await world.CommitAsync(DocumentWrite.Update(
            FirestorePaths.OutboxMessage(requestId),
            Precondition.Present,
            new DocumentFields { [OutboxFields.Status] = OutboxStatusNames.Uncertain, [OutboxFields.TransportMessageId] = TransportMessageId.Of(requestId) }));

        await StandAsync(new
        {
            kind,
            accountId = _account,
            epoch = 1,
            id = TransportMessageId.Of(requestId),
            remoteJid = Writer + "@s.whatsapp.net",
            status = "delivered",
            fromMe = true,
            timestamp = 1767225600,
            content = new { type = "text", text = new { body = "x" } },
        });

        var message = OutboxDocument.Read((await world.FindAsync(FirestorePaths.OutboxMessage(requestId)))!);
        Assert.Equal((OutboxStatus.Sent, TransportMessageId.Of(requestId)), (message.Status, message.ProviderMessageId));
    }

    [Fact]
    public async Task what_a_message_said_is_told_to_a_phone_that_asks_again()
    {
        var requestId = _account + "-asked";
        await world.CommitAsync(OutboxWorld.QueuedWrites(requestId, $"{_account}__{Writer}@s.whatsapp.net", _account));
        await world.CommitAsync(DocumentWrite.Update(
            FirestorePaths.OutboxMessage(requestId), Precondition.Present, new DocumentFields { [OutboxFields.TransportMessageId] = TransportMessageId.Of(requestId) }));

        var answer = await _gateway.GetFromJsonAsync<JsonElement>($"/internal/sessions/{_account}/messages/{TransportMessageId.Of(requestId)}");
        Assert.Equal(requestId, answer.GetProperty("content").GetProperty("text").GetProperty("body").GetString());

        using var stranger = await _gateway.GetAsync($"/internal/sessions/{_account}/messages/3EB0000000000000000000");
        Assert.Equal(HttpStatusCode.NotFound, stranger.StatusCode);
    }

    [Fact]
    public async Task two_threads_of_one_person_become_one_when_whatsapp_says_so()
    {
        var (person, hidden) = ($"{_account}__{Writer}@s.whatsapp.net", $"{_account}__5566@lid");
        await world.CommitAsync(
            DocumentWrite.Set(FirestorePaths.Thread(hidden), new DocumentFields
            {
                [ThreadFields.AccountId] = _account,
                [ThreadFields.ClientJid] = "5566@lid",
                [ThreadFields.OwnerUid] = "maria",
                [ThreadFields.LastMessageAt] = DateTimeOffset.UnixEpoch,
            }));

        var link = new { kind = "lid", accountId = _account, epoch = 1, lid = "5566@lid", pn = Writer + "@s.whatsapp.net" };
        await StandAsync(link);
        await StandAsync(link);

        var home = (await world.FindAsync(FirestorePaths.Thread(person)))!.Fields;
        Assert.Equal(("maria", DateTimeOffset.UnixEpoch, "5566@lid"), (home.Text(ThreadFields.OwnerUid), home.Timestamp(ThreadFields.LastMessageAt), home.Array(ThreadFields.Aliases).Single().AsString));
        var alias = (await world.FindAsync(FirestorePaths.Thread(hidden)))!.Fields;
        Assert.Equal((person, person), (alias.Text(ThreadFields.RedirectTo), alias.Text(ThreadFields.CanonicalThreadId)));
    }

    [Fact]
    public async Task a_link_of_two_addresses_without_a_conversation_stores_no_thread()
    {
        await StandAsync(new { kind = "lid", accountId = _account, epoch = 1, lid = "5577@lid", pn = "40799000111@s.whatsapp.net" });

        Assert.Null(await world.FindAsync(FirestorePaths.Thread($"{_account}__40799000111@s.whatsapp.net")));
    }

    [Fact]
    public async Task a_restriction_holds_until_it_ends_and_an_error_without_an_end_does_not_change_that()
    {
        var until = TimeProvider.System.GetUtcNow().AddHours(6).ToUnixTimeSeconds();
        await StandAsync(new { kind = "restriction", accountId = _account, epoch = 1, name = "reachout", active = true, until });
        await StandAsync(new { kind = "restriction", accountId = _account, epoch = 1, name = "reachout", active = true, code = "463" });
        var pause = (await AccountAsync()).Map(AccountFields.NewContactsPaused)!;
        Assert.Equal(("new_contacts", DateTimeOffset.FromUnixTimeSeconds(until)), (pause.Text("reason"), pause.Timestamp("until")));

        await StandAsync(new { kind = "restriction", accountId = _account, epoch = 1, name = "new_chats", active = true, until = until + 60, detail = new { used_quota = 5 } });
        await StandAsync(new { kind = "restriction", accountId = _account, epoch = 1, name = "reachout", active = false });
        var account = await AccountAsync();
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(until + 60), account.Map(AccountFields.NewContactsPaused)!.Timestamp("until"));
        Assert.Equal(5, account.Map(AccountFields.Restrictions)!.Map("new_chats")!.Map("detail")!.Integer("used_quota"));

        await StandAsync(new { kind = "restriction", accountId = _account, epoch = 1, name = "new_chats", active = false });
        Assert.Null((await AccountAsync()).Map(AccountFields.NewContactsPaused));
    }

    [Fact]
    public async Task a_refused_send_is_no_proof_that_whatsapp_has_the_message()
    {
        var requestId = $"{_account}-refused";
        await world.CommitAsync(OutboxWorld.QueuedWrites(requestId, $"{_account}__{Writer}@s.whatsapp.net", _account));
        await world.CommitAsync(DocumentWrite.Update(
            FirestorePaths.OutboxMessage(requestId),
            Precondition.Present,
            new DocumentFields { [OutboxFields.Status] = OutboxStatusNames.Processing, [OutboxFields.TransportMessageId] = TransportMessageId.Of(requestId) }));

        await StandAsync(new { kind = "status", accountId = _account, epoch = 1, id = TransportMessageId.Of(requestId), remoteJid = Writer + "@s.whatsapp.net", status = "failed", code = "463", timestamp = 1767225600 });

        Assert.Equal(OutboxStatusNames.Processing, (await world.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields.Text(OutboxFields.Status));
    }

    [Fact]
    public async Task reconnects_are_counted_over_all_terms()
    {
        await world.CommitAsync(DocumentWrite.Update(FirestorePaths.Account(_account), Precondition.Present, new DocumentFields { [AccountFields.ReconnectCount] = 7L }));
        foreach (var count in new[] { 1, 1, 2, 0, 1 })
        {
            await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 1, state = "reconnecting", degraded = false, reconnectCount = count });
        }

        Assert.Equal(10, (await AccountAsync()).Integer(AccountFields.ReconnectCount));
    }

    [Fact]
    public async Task a_socket_that_our_own_next_owner_has_replaced_says_nothing_about_the_account()
    {
        await world.OwnAsync(world.Other, _account);

        await StandAsync(new { kind = "session", accountId = _account, epoch = 1, version = 9, state = "stopped", reason = "ownership_lost", degraded = false, reconnectCount = 0 });

        Assert.Equal("connecting", (await AccountAsync()).Text(AccountFields.Status));
    }

    private Task ChangeAsync(DocumentFields fields) => world.CommitAsync(DocumentWrite.Update(FirestorePaths.Account(_account), Precondition.Present, fields));

    private async Task<DocumentFields> AccountAsync() => (await world.FindAsync(FirestorePaths.Account(_account)))!.Fields;

    private async Task StandAsync(object happened)
    {
        using var answer = await _gateway.PostAsJsonAsync("/internal/gateway/events", new { gatewayId = "g", events = new[] { happened } });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<JsonElement> PostAsync(string verb, object body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await _gateway.PostAsJsonAsync($"/internal/sessions/{_account}/{verb}", body);
        Assert.Equal(expected, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
