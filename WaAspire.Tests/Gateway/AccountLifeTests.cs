using System.Globalization;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;

namespace WaAspire.Tests.Gateway;

/// <summary>One account's whole life with real workers, their real gateways, and real baileys in them.</summary>
[Collection(LinkedSystemGroup.Name)]
public sealed class AccountLifeTests(LinkedSystem system)
{
    private const string Phone = "40722000111";
    private const int Threads = 10;
    private const int InEachPart = 3;
    private const int PartsOfLife = 7;
    private readonly Dictionary<int, List<string>> _told = [];
    private readonly Dictionary<int, List<string>> _written = [];
    private HashSet<string> _writtenAtDeath = [];

    /// <summary>30 messages each way in each of seven parts: 210 each way.</summary>
    [Fact]
    public async Task an_account_lives_through_everything_and_no_message_is_lost_doubled_or_overtaken()
    {
        await system.StartAllWorkersAsync();
        var company = await Company.OpenAsync(system, "connecting");
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(company.AccountId), Precondition.Present, new DocumentFields { [AccountFields.Provider] = Account.Baileys }));
        await company.OpenThreadsAsync(Threads);
        await system.PairAsync(company.AccountId, Phone);
        await TalkAsync(company);

        // Acks are lost, and no receipt proves anything meanwhile: the same messages go out again under their ids.
        await system.Sockets.PostAsync("faults", new { loseAck = new { phone = Phone, count = 3 }, autoReceipt = "none" });
        await TalkAsync(company);
        await AllSentAsync(company);
        await system.Sockets.PostAsync("faults", new { autoReceipt = "delivered" });

        foreach (var how in new[] { "drop", "515" })
        {
            await Task.WhenAll(TalkAsync(company), system.Sockets.PostAsync("disconnect", new { account = Phone, how }));
            await AllSentAsync(company);
        }

        // Another socket has our keys: nobody fights. A person says when to come back.
        await Task.WhenAll(TalkAsync(company), system.Sockets.PostAsync("disconnect", new { account = Phone, how = "replaced" }));
        await system.StatusAsync(company.AccountId, "disconnected");
        await system.AskToPairAsync(company.AccountId);
        await AllSentAsync(company);

        await KillOwnerAsync(company);
        await LogOutAndScanAgainAsync(company);

        await AllSentAsync(company);
        await AllHeardAsync(company);
        await AssertOnceAndInOrderAsync(company);
    }

    /// <summary>A worker is killed while it sends and receives: another one connects from the stored keys, and nobody scans anything.</summary>
    private async Task KillOwnerAsync(Company company)
    {
        var (owner, devices, before) = (await system.OwnerAsync(company.AccountId), await system.Sockets.DevicesAsync(), Written());
        await Task.WhenAll(TalkAsync(company), LinkedSystem.KillAsync(await system.ProcessOfAsync(owner!)));
        _writtenAtDeath = [.. Written().Except(before)];
        await AllSentAsync(company);
        Assert.NotEqual(owner, await system.OwnerAsync(company.AccountId));
        Assert.Equal(devices, await system.Sockets.DevicesAsync());

        // What the dead one's gateway had received and not yet delivered lies in its spool: the next process there delivers it.
        await system.StartAllWorkersAsync();
        await AllHeardAsync(company);
    }

    /// <summary>What was not sent waits for the next scan, and then goes out in order.</summary>
    private async Task LogOutAndScanAgainAsync(Company company)
    {
        await system.Sockets.PostAsync("disconnect", new { account = Phone, how = "logout" });
        await system.StatusAsync(company.AccountId, "needs_qr");
        await SendAsync(company);
        Assert.Contains((await company.AllOutboxAsync()).Values, message => message.Status == OutboxStatus.Queued);
        await system.PairAsync(company.AccountId, Phone);
        await WriteAsync(company);
    }

    private Task TalkAsync(Company company) => Task.WhenAll(SendAsync(company), WriteAsync(company));

    private async Task SendAsync(Company company)
    {
        foreach (var (thread, requestIds) in await company.SendManyAsync(Threads * InEachPart, Threads))
        {
            _told.TryAdd(thread, []);
            _told[thread].AddRange(requestIds);
        }
    }

    private async Task WriteAsync(Company company)
    {
        for (var thread = 1; thread <= Threads; thread++)
        {
            _written.TryAdd(thread, []);
            for (var i = 0; i < InEachPart; i++)
            {
                var id = string.Create(CultureInfo.InvariantCulture, $"3A{thread:d4}{_written[thread].Count:d10}");
                await system.Sockets.PostAsync("inbound", new { account = Phone, from = company.PhoneOf(thread), text = $"letter {id}", id });
                _written[thread].Add(id);
            }
        }
    }

    private HashSet<string> Written() => [.. _written.Values.SelectMany(thread => thread)];

    private static async Task AllSentAsync(Company company)
    {
        List<OutboxDocument> waiting = [];
        try
        {
            await Eventually.IsTrueAsync(
                async () => (waiting = [.. (await company.AllOutboxAsync()).Values.Where(message => message.Status != OutboxStatus.Sent)]).Count == 0, "every message is sent", LinkedSystem.Patience);
        }
        catch (Xunit.Sdk.XunitException)
        {
            Assert.Fail("Not sent: " + string.Join('\n', waiting.Select(message => $"{message.ThreadId} {message.Status} {message.AttemptCount} {message.Failure?.Text("code")} {string.Join(',', message.AttemptHistory.Select(past => past.AsMap?.Text("code")))}")));
        }
    }

    private async Task AllHeardAsync(Company company)
    {
        List<string> missing = [];
        try
        {
            await Eventually.IsTrueAsync(
                async () => (missing = [.. Written().Except((await HeardAsync(company)).Values.SelectMany(letters => letters).Select(letter => letter.Id))]).Count == 0,
                "every letter is in its thread",
                LinkedSystem.Patience);
        }
        catch (Xunit.Sdk.XunitException)
        {
            var known = (await system.Sockets.GetAsync($"inbound?account={Phone}")).EnumerateArray().Where(letter => missing.Contains(letter.GetProperty("id").GetString()!));
            Assert.Fail($"Not in their threads: {string.Join('\n', known)}");
        }
    }

    /// <summary>The letters of each thread, in the order in which they were stored.</summary>
    private async Task<Dictionary<int, List<StoredDocument>>> HeardAsync(Company company)
    {
        var heard = new Dictionary<int, List<StoredDocument>>();
        foreach (var (thread, ids) in _written)
        {
            var paths = ids.ConvertAll(id => FirestorePaths.ThreadMessage(company.ThreadId(thread), id));
            var read = await system.Firestore.GetAsync(paths, "test", CancellationToken.None);
            heard[thread] = [.. paths.Select(path => read.Find(path)).OfType<StoredDocument>()];
        }

        return heard;
    }

    /// <summary>What left under one id is one message to every phone, however often it had to be repeated.</summary>
    private async Task AssertOnceAndInOrderAsync(Company company)
    {
        Assert.Equal(PartsOfLife * InEachPart * Threads, _told.Values.Sum(thread => thread.Count));
        var sent = await system.Sockets.SentAsync(Phone);
        var ids = sent.Select(stanza => stanza.Id).Distinct().ToList();
        Assert.Equal(_told.Values.Sum(thread => thread.Count), ids.Count);
        foreach (var (thread, requestIds) in _told)
        {
            var expected = requestIds.ConvertAll(TransportMessageId.Of);
            Assert.Equal(expected, ids.Where(expected.Contains));
            Assert.All(sent.Where(stanza => expected.Contains(stanza.Id)), stanza => Assert.Equal(company.PhoneOf(thread), stanza.Contact));
        }

        Assert.All((await company.AllOutboxAsync()).Values, message => Assert.Equal(TransportMessageId.Of(message.RequestId), message.ProviderMessageId));
        foreach (var (thread, letters) in await HeardAsync(company))
        {
            Assert.Equal(_written[thread].Select(id => $"letter {id}"), letters.Select(letter => letter.Fields.Text(ThreadMessageFields.Body)));

            // What the killed one had received comes when it runs again; the others need not wait for that.
            var inTurn = letters.Where(letter => !_writtenAtDeath.Contains(letter.Id)).Select(letter => letter.CreateTime).ToList();
            Assert.Equal(inTurn.Order(), inTurn);
        }

        // Sent again is not written again: there is one thread message for each, and none besides.
        Assert.Equal(2 * PartsOfLife * InEachPart * Threads, await CountAsync(company));
        Assert.All(await system.Sockets.ComingsAsync(), coming => Assert.Equal(0, coming.IsLogin ? coming.Others : 0));
    }

    private async Task<int> CountAsync(Company company)
    {
        var count = 0;
        for (var thread = 1; thread <= Threads; thread++)
        {
            count += (await system.Firestore.QueryAsync(
                new DocumentQuery($"{FirestorePaths.Thread(company.ThreadId(thread))}/messages"), "test", CancellationToken.None)).Documents.Count;
        }

        return count;
    }
}
