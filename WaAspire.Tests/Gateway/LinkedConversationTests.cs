using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Enqueue;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Leasing;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Tests.Kit;
using WaAspire.Tests.Sending;

namespace WaAspire.Tests.Gateway;

/// <summary>Conversations of a linked account, through a whole worker and real baileys: who may be written to, and whose words lie where.</summary>
public sealed class LinkedConversationTests(LinkedWorld world) : IClassFixture<LinkedWorld>
{
    private static int _people;

    /// <summary>A socket that WhatsApp drops or asks to come again is a routine: whoever watches the worker sees nothing of it.</summary>
    [Theory]
    [InlineData("drop")]
    [InlineData("515")]
    public async Task a_routine_reconnect_never_shows_in_readiness(string how)
    {
        var account = await world.LinkAsync();
        var before = (await account.StoredAsync()).Timestamp("lastDisconnectedAt");
        var answers = new List<HttpStatusCode>();

        await world.WhatsApp.PostAsync("disconnect", new { account = account.Phone, how });
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var ready = await world.Http.GetAsync("/readyz");
                answers.Add(ready.StatusCode);
                return await account.StoredAsync() is var stored && stored.Timestamp("lastDisconnectedAt") is { } at && at != before && stored.Text(AccountFields.Status) == "connected";
            },
            "it was away and is back",
            LinkedAccount.Patience);

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer));
    }

    [Fact]
    public async Task a_refusal_of_strangers_stops_messages_to_strangers_only_and_replies_go_on()
    {
        var account = await world.LinkAsync();
        var (stranger, another, friend) = (await account.OpenThreadAsync(NewPerson(), hasWritten: false), await account.OpenThreadAsync(NewPerson(), hasWritten: false), await account.OpenThreadAsync(NewPerson()));
        await world.WhatsApp.PostAsync("faults", new { ackError = new { code = "463", count = 1, phone = account.Phone } });

        var refused = await account.BecomesAsync(await account.QueueAsync(stranger, "who are you"), OutboxStatus.Failed);
        await account.StandsAsync(stored => stored.Map(AccountFields.NewContactsPaused) is not null, "the pause is stored");
        var held = await account.QueueAsync(another, "and you?");
        var more = await account.QueueAsync(stranger, "hello?");
        await account.BecomesAsync(await account.QueueAsync(friend, "good to hear from you"), OutboxStatus.Sent);

        var stored = await account.StoredAsync();
        Assert.Equal(("463", "new_contacts", true), (
            refused.Failure?.Text("code"),
            stored.Map(AccountFields.NewContactsPaused)!.Text("reason"),
            stored.Map(AccountFields.Restrictions)!.Map("reachout")!.Boolean("active")));
        Assert.Null(stored.Map(AccountFields.SendPaused));
        Assert.All([await account.OutboxAsync(held), await account.OutboxAsync(more)], message => Assert.Equal((OutboxStatus.Queued, 0L), (message.Status, message.AttemptCount)));

        // An operator lets it begin conversations again: what waited goes out at once.
        using var answer = await world.Http.PostAsJsonAsync($"/internal/accounts/{account.Id}/resume", new { newContacts = true });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        await account.BecomesAsync(held, OutboxStatus.Sent);
        await account.BecomesAsync(more, OutboxStatus.Sent);
        Assert.Equal(4, (await account.SentAsync()).Count);
    }

    [Fact]
    public async Task a_letter_from_a_hidden_address_lies_in_the_thread_of_its_phone_number()
    {
        var account = await world.LinkAsync();
        var person = NewPerson();
        await world.WhatsApp.PostAsync("inbound", new { account = account.Phone, from = person, text = "with both", id = "3AB0TH" + person });
        var thread = account.ThreadId($"{person}@s.whatsapp.net");
        await account.HearsAsync(thread, "3AB0TH" + person);

        await world.WhatsApp.PostAsync("inbound", new { account = account.Phone, from = person, text = "hidden", id = "3AH1DDEN" + person, hidden = true });
        var letter = await account.HearsAsync(thread, "3AH1DDEN" + person);

        Assert.Equal(("hidden", "inbound"), (letter.Text(ThreadMessageFields.Body), letter.Text(ThreadMessageFields.Direction)));
        var alias = (await world.FindAsync(FirestorePaths.Thread(account.ThreadId($"77{person}@lid"))))!;
        Assert.Equal((thread, thread), (alias.Text(ThreadFields.RedirectTo), alias.Text(ThreadFields.CanonicalThreadId)));

        await account.BecomesAsync(await account.QueueAsync(thread, "an answer"), OutboxStatus.Sent);
        Assert.Equal($"{person}@s.whatsapp.net", Assert.Single(await account.SentAsync()).GetProperty("to").GetString());
    }

    [Fact]
    public async Task what_waits_for_a_hidden_address_goes_out_before_what_is_written_once_it_has_a_number()
    {
        var account = await world.LinkAsync();
        var person = NewPerson();
        var (hidden, known) = (account.ThreadId($"77{person}@lid"), account.ThreadId($"{person}@s.whatsapp.net"));
        await world.CommitAsync(DocumentWrite.Set(FirestorePaths.Thread(hidden), new DocumentFields
        {
            [ThreadFields.AccountId] = account.Id,
            [ThreadFields.ClientJid] = $"77{person}@lid",
            [ThreadFields.LastInboundAt] = DateTimeOffset.UnixEpoch,
            [ThreadFields.OwnerUid] = "maria",
        }));
        var first = await WaitingAsync(account, hidden, person);
        Assert.True(Jid.TryParse($"77{person}@lid", out var address));
        Assert.True(Jid.TryParse($"{person}@s.whatsapp.net", out var number));
        await world.Worker.GetRequiredService<ThreadLinks>().LinkAsync(account.Id, address, number, CancellationToken.None);

        var second = await SendAsync(account, hidden, number);
        var third = await SendAsync(account, known, number);
        await account.BecomesAsync(await account.QueueAsync(await account.OpenThreadAsync(NewPerson()), "meanwhile"), OutboxStatus.Sent);
        Assert.All([await account.OutboxAsync(second), await account.OutboxAsync(third)], message => Assert.Equal((known, OutboxStatus.Queued, 0L), (message.ThreadId, message.Status, message.ClaimSeq)));

        await world.CommitAsync(DocumentWrite.Update(
            FirestorePaths.OutboxMessage(first), Precondition.Present, new DocumentFields { [OutboxFields.NextAttemptAt] = DateTimeOffset.UnixEpoch }));
        await world.Worker.GetRequiredService<ILanes>().UnblockAsync(new Lane(account.Id, hidden));
        await account.BecomesAsync(third, OutboxStatus.Sent);

        string[] expected = [TransportMessageId.Of(first), TransportMessageId.Of(second), TransportMessageId.Of(third)];
        Assert.Equal(expected, (await account.SentAsync()).Select(stanza => stanza.GetProperty("id").GetString()).Where(expected.Contains));
    }

    [Fact]
    public async Task what_is_typed_on_the_phone_is_an_outbound_message_once_and_our_own_echo_is_none()
    {
        var account = await world.LinkAsync();
        var person = NewPerson();
        var thread = await account.OpenThreadAsync(person);
        var requestId = await account.QueueAsync(thread, "from the app");
        await account.BecomesAsync(requestId, OutboxStatus.Sent);

        // WhatsApp tells every device what another one sent: ours, and what a thumb typed. Each may come twice.
        for (var times = 0; times < 2; times++)
        {
            await world.WhatsApp.PostAsync("typed", new { account = account.Phone, to = person, text = "from the app", id = TransportMessageId.Of(requestId) });
            await world.WhatsApp.PostAsync("typed", new { account = account.Phone, to = person, text = "by thumb", id = "3ATYPED" + person });
        }

        await world.WhatsApp.PostAsync("inbound", new { account = account.Phone, from = person, text = "an answer", id = "3AANSWER" + person });
        await account.HearsAsync(thread, "3AANSWER" + person);
        var typed = await account.HearsAsync(thread, "3ATYPED" + person);

        Assert.Equal(("outbound", "sent", "by thumb"), (typed.Text(ThreadMessageFields.Direction), typed.Text(ThreadMessageFields.Status), typed.Text(ThreadMessageFields.Body)));
        var messages = await world.Firestore.QueryAsync(new DocumentQuery($"threads/{thread}/messages"), "test", CancellationToken.None);
        Assert.Equal([requestId, "3AANSWER" + person, "3ATYPED" + person], messages.Documents.Select(message => message.Id).Order());
        Assert.Equal(1, (await world.FindAsync(FirestorePaths.Thread(thread)))!.Integer(ThreadFields.UnreadCount));
    }

    /// <summary>A message in its backoff.</summary>
    private async Task<string> WaitingAsync(LinkedAccount account, string thread, string person)
    {
        var requestId = $"{person}{Guid.NewGuid():N}";
        var message = OutboxWorld.QueuedWrites(requestId, thread, account.Id);
        message[0].Fields[OutboxFields.ToJid] = $"{person}@s.whatsapp.net";
        message[0] = DocumentWrite.Create(message[0].Path, message[0].Fields, FieldTransform.RequestTime(OutboxFields.OrderAt));
        message[0].Fields[OutboxFields.NextAttemptAt] = TimeProvider.System.GetUtcNow().AddHours(1);
        await world.CommitAsync(message);
        return requestId;
    }

    /// <summary>As the proxy accepts it.</summary>
    private async Task<string> SendAsync(LinkedAccount account, string thread, Jid to)
    {
        var request = new SendRequest(thread, account.Id, to, Messaging.Enqueue.MessageContent.OfText("hello"), Guid.NewGuid().ToString());
        var stored = Assert.IsType<EnqueueOutcome.Stored>(await world.Worker.GetRequiredService<EnqueueStore>().EnqueueAsync(request, new Sender("maria"), CancellationToken.None));
        await world.Worker.GetRequiredService<ILanes>().SignalAsync(new Lane(account.Id, stored.ThreadId), TimeSpan.Zero);
        return stored.RequestId;
    }

    /// <summary>Digits that sort before letters, and belong to nobody else.</summary>
    private static string NewPerson() => $"4079{Interlocked.Increment(ref _people):d7}";
}
