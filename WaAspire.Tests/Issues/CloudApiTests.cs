using System.Text;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Proxy.Webhooks;
using WaAspire.Tests.Firestore;
using WaAspire.Tests.Providers;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Providers.CloudApi;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Issues;

public sealed class CloudApiTests
{
    [Fact]
    public async Task a_recipient_who_was_written_to_too_often_is_left_alone_longer_each_time()
    {
        await using var meta = new BreakingServer(async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 400 X\r\nContent-Length: 25\r\n\r\n{\"error\":{\"code\":131056}}"u8.ToArray());
            return true;
        });

        var delays = new List<double>();
        foreach (var past in new[] { 0, 1, 2, 3 })
        {
            var answer = Assert.IsType<SendOutcome.RetryLater>(await SendAsync(meta.Url, "a-token", past));
            Assert.False(answer.SpendsAttempt);
            delays.Add(answer.Delay.TotalSeconds);
        }

        Assert.Equal([1, 4, 16, 64], delays);
    }

    [Fact]
    public async Task a_token_that_no_header_can_hold_leaves_no_doubt() =>
        Assert.IsType<SendOutcome.RetryLater>(await SendAsync(new Uri("http://127.0.0.1:1"), "a\ntoken", 0));

    [Fact]
    public void one_unreadable_change_does_not_cost_the_updates_behind_it()
    {
        var updates = WebhookUpdates.Read(Encoding.UTF8.GetBytes(
            """{"entry":[{"changes":[{"field":"\ud800"},{"field":"messages","value":{"statuses":[{"id":"wamid.1","status":"sent"}]}}]}]}"""));

        Assert.Equal((1, 1), (updates.Statuses.Count, updates.Rejected.Count));
    }

    private static async Task<SendOutcome> SendAsync(Uri url, string token, int pastRefusals)
    {
        var api = new CloudApiOptions { BaseUrl = url.ToString().TrimEnd('/') + "/v25.0", AccessToken = token };
        using var client = GraphClient.Create(api);
        var provider = new CloudApiProvider(client, Options.Create(api), Tokens.Configured(api), Options.Create(new SendingOptions()), new Random(1), TimeProvider.System);
        var message = new OutboxDocument
        {
            RequestId = "r",
            CreateTime = DateTimeOffset.UnixEpoch,
            UpdateTime = DateTimeOffset.UnixEpoch,
            ToJid = "40712345678@s.whatsapp.net",
            Body = "Bună ziua",
            ClaimSeq = 1 + pastRefusals,
            AttemptCount = 1,
            AttemptHistory = [.. Enumerable.Repeat(FirestoreValue.From(new DocumentFields { ["code"] = "131056" }), pastRefusals)],
        };
        return await provider.SendAsync(new Account("account", "cloud_api", "connected", "1", false), new ClaimedMessage(message, 0), CancellationToken.None);
    }
}
