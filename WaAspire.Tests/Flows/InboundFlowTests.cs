using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>Receiving on the product as the AppHost runs it: the phone writes, webhooks fail to come, messages fail to arrive.</summary>
[Collection(RunningSystemGroup.Name)]
public sealed class InboundFlowTests(RunningSystem system)
{
    [Fact]
    public async Task what_the_phone_writes_arrives_in_its_thread_once()
    {
        var company = await Company.OpenAsync(system);
        object[] messages =
        [
            new { id = $"wamid.{company.PhoneNumberId}.1", type = "text", text = new { body = "Good morning" } },
            new { id = $"wamid.{company.PhoneNumberId}.1", type = "text", text = new { body = "Good morning" } },
            new { id = $"wamid.{company.PhoneNumberId}.2", type = "image", image = new { id = "media-1", mime_type = "image/jpeg", sha256 = "aGFzaA==" } },
            new { id = $"wamid.{company.PhoneNumberId}.3", type = "reaction", reaction = new { message_id = $"wamid.{company.PhoneNumberId}.1", emoji = "👍" } },
        ];

        foreach (var message in messages)
        {
            using var answer = await system.WhatsApp.PostAsJsonAsync(
                "/simulator/inbound", new { phoneNumberId = company.PhoneNumberId, from = company.PhoneOf(1), name = "Ana", message });
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }

        await Eventually.IsTrueAsync(
            async () => (await MessagesAsync(company)) is { Count: 2 } stored && stored.Any(message => message.Fields.Map("reactions") is not null),
            "both messages and the reaction are there");
        var thread = (await company.StoredAsync(FirestorePaths.Thread(company.ThreadId(1)))).Fields;
        Assert.Equal((2, "Ana"), (thread.Integer("unreadCount"), thread.Text("displayName")));
    }

    [Fact]
    public async Task a_webhook_that_never_came_is_made_up_for_from_metas_history()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        string requestId;
        await using (await company.WithFaultsAsync(new { webhooks = new[] { new { kind = "suppress", phoneNumberId = company.PhoneNumberId, share = 1.0 } } }))
        {
            requestId = await company.SendAsync(1, "did it arrive?");
            await company.StateAsync(requestId, OutboxStatus.Sent);
            // Repairing too early finds only what has happened by then, so it is asked until the phone has the message.
            await Eventually.IsTrueAsync(
                async () =>
                {
                    Assert.True((await RepairAsync(company)).GetProperty("success").GetBoolean());
                    return (await company.OutboxAsync(requestId)).DeliveryStatus == "delivered";
                },
                "the history tells what the webhook did not");
        }

        Assert.Equal("delivered", (await company.StoredAsync(FirestorePaths.ThreadMessage(company.ThreadId(1), requestId))).Fields.Text("status"));
        Assert.Equal(0, (await RepairAsync(company)).GetProperty("asked").GetInt32());
    }

    [Fact]
    public async Task a_message_that_failed_after_it_was_sent_goes_out_again_as_a_new_one()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        string requestId;
        await using (await company.WithFaultsAsync(new { webhooks = new[] { new { kind = "failStatus", status = "delivered", code = 131026, phoneNumberId = company.PhoneNumberId } } }))
        {
            requestId = await company.SendAsync(1, "once more");
            await Eventually.IsTrueAsync(async () => (await company.OutboxAsync(requestId)).DeliveryStatus == "failed", "the failure is stored");
        }

        for (var click = 0; click < 2; click++)
        {
            using var answer = await company.VerbAsync(requestId, "replay");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await Eventually.IsTrueAsync(async () => (await company.AcceptedAsync()).Count == 2, "the new message is accepted");
        var replay = Assert.Single((await company.AllOutboxAsync()).Values, message => message.RequestId != requestId);
        Assert.Equal(requestId, (await company.StoredAsync(replay.Path)).Fields.Text(OutboxFields.ReplayOf));
        Assert.All(await company.AcceptedAsync(), message => Assert.Equal("once more", message.Text));
    }

    private async Task<IReadOnlyList<StoredDocument>> MessagesAsync(Company company) =>
        (await system.Firestore.QueryAsync(new DocumentQuery($"{FirestorePaths.Thread(company.ThreadId(1))}/messages"), "test", CancellationToken.None)).Documents;

    private async Task<JsonElement> RepairAsync(Company company)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/internal/statuses/repair?accountId={company.AccountId}");
        request.Headers.Add("X-Internal-Token", RunningSystem.InternalToken);
        using var response = await system.Worker.SendAsync(request);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
