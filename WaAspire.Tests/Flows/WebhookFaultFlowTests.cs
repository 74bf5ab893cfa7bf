using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>Everything that WhatsApp does to its webhooks at once: batches, duplicates, another order, wrong signatures, retries.</summary>
[Collection(RunningSystemGroup.Name)]
public sealed class WebhookFaultFlowTests(RunningSystem system)
{
    private const int Threads = 3;
    private const int Each = 4;

    [Fact]
    public async Task bent_webhooks_store_each_message_once_and_end_every_status_right()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(Threads);
        await using var faults = await company.WithFaultsAsync(new
        {
            seed = 3,
            batch = new { max = 20, within = 300 },
            webhooks = new object[]
            {
                new { kind = "wrongSignature", times = 5 },
                new { kind = "duplicate", status = "any", share = 0.4, @for = 700, phoneNumberId = company.PhoneNumberId },
                new { kind = "shuffle", status = "any", share = 0.4, @for = 1500, phoneNumberId = company.PhoneNumberId },
                new { kind = "reorder", status = "any", share = 0.6, @for = 1500, phoneNumberId = company.PhoneNumberId },
            },
        });

        var sending = company.SendManyAsync(Threads * Each, Threads);
        var written = await WriteAsync(company);
        var sent = await sending;
        await Eventually.IsTrueAsync(async () => await AreReadAsync(company, sent), "every message is read on the phone and in its thread", TimeSpan.FromMinutes(3));
        await Eventually.IsTrueAsync(IsAllToldAsync, "every webhook has been taken", TimeSpan.FromMinutes(3));

        Assert.True(await AreReadAsync(company, sent), "a late webhook has moved a status back");
        Assert.All((await company.AllOutboxAsync()).Values, message => Assert.Equal(OutboxStatus.Sent, message.Status));
        for (var thread = 1; thread <= Threads; thread++)
        {
            var stored = (await MessagesAsync(company, thread)).Where(message => message.Fields.Text(ThreadMessageFields.Direction) == "inbound").ToArray();
            Assert.Equal(written[thread].Order(), stored.Select(message => message.Fields.Text(ThreadMessageFields.ProviderMessageId)!).Order());
            Assert.Single(stored, message => message.Fields.Map(ThreadMessageFields.Reactions) is { Count: 1 });
            Assert.Equal(Each + 1, (await company.StoredAsync(FirestorePaths.Thread(company.ThreadId(thread)))).Fields.Integer(ThreadFields.UnreadCount));
        }

        await AssertBentAsync();
    }

    /// <summary>In each thread some texts, a picture, and a heart on the first text.</summary>
    /// <returns>The ids of the messages, by thread.</returns>
    private async Task<Dictionary<int, List<string>>> WriteAsync(Company company)
    {
        var written = new Dictionary<int, List<string>>();
        for (var thread = 1; thread <= Threads; thread++)
        {
            var from = company.PhoneOf(thread);
            var mine = written[thread] = [];
            for (var i = 0; i < Each; i++)
            {
                mine.Add(await IdAsync("/simulator/inbound", JsonContent.Create(new { phoneNumberId = company.PhoneNumberId, from, text = $"inbound {i}" })));
            }

            mine.Add(await IdAsync($"/simulator/inbound/file?phoneNumberId={company.PhoneNumberId}&from={from}", MediaFiles.Body("image/png")));
            var message = new { type = "reaction", reaction = new { message_id = mine[0], emoji = "❤️" } };
            await IdAsync("/simulator/inbound", JsonContent.Create(new { phoneNumberId = company.PhoneNumberId, from, message }));
        }

        return written;
    }

    private async Task<string> IdAsync(string path, HttpContent content)
    {
        using var response = await system.WhatsApp.PostAsync(path, content);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    // The chats are opened again and again, because opening one reads only what has arrived by then.
    private async Task<bool> AreReadAsync(Company company, IReadOnlyDictionary<int, List<string>> sent)
    {
        foreach (var (thread, ids) in sent)
        {
            using var read = await system.WhatsApp.PostAsJsonAsync("/simulator/read", new { phoneNumberId = company.PhoneNumberId, contact = company.PhoneOf(thread) });
            var messages = await MessagesAsync(company, thread);
            if (!ids.All(id => messages.Any(message => message.Path == FirestorePaths.ThreadMessage(company.ThreadId(thread), id) && message.Fields.Text(ThreadMessageFields.Status) == "read")))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> IsAllToldAsync()
    {
        var status = await system.WhatsApp.GetFromJsonAsync<JsonElement>("/simulator/status");
        return status.GetProperty("pendingUpdates").GetInt32() == 0 && status.GetProperty("webhooks").GetProperty("bytes").GetInt64() == 0;
    }

    private async Task<IReadOnlyList<StoredDocument>> MessagesAsync(Company company, int thread) =>
        (await system.Firestore.QueryAsync(new DocumentQuery($"{FirestorePaths.Thread(company.ThreadId(thread))}/messages"), "test", CancellationToken.None)).Documents;

    /// <summary>Every switch has acted, and nobody believed a wrong signature: else the test has shown less than it says.</summary>
    private async Task AssertBentAsync()
    {
        var state = await system.WhatsApp.GetFromJsonAsync<JsonElement>("/simulator/faults");
        Assert.All(state.GetProperty("webhooks").EnumerateArray(), fault => Assert.True(fault.GetProperty("hits").GetInt64() > 0, fault.ToString()));
        Assert.True(state.GetProperty("batched").GetInt64() > 0, "nothing travelled together");
        var webhooks = (await system.WhatsApp.GetFromJsonAsync<JsonElement>("/simulator/status")).GetProperty("webhooks");
        Assert.True(webhooks.GetProperty("wrongSignatures").GetInt64() > 0, "nothing was signed wrongly");
        Assert.Equal(0, webhooks.GetProperty("wrongSignaturesTaken").GetInt64());
    }
}
