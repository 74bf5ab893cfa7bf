using System.Security.Cryptography;
using System.Text;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Proxy;

/// <summary>What the intake leaves behind for the policy of silence.</summary>
[Collection(ProxyCollection.Name)]
public sealed class IntakeEvidenceTests(ProxyUnderTest proxy)
{
    private static readonly string[] _often = ["--Intake:WriteEvery", "00:00:00.200"];

    [Fact]
    public async Task a_start_and_every_refused_webhook_are_gaps()
    {
        var before = await NotWholeAtAsync();
        var client = await proxy.StartAnotherAsync(_often);
        await Eventually.IsTrueAsync(async () => await NotWholeAtAsync() > before, "the start is a gap");

        foreach (var spoil in new Func<Task>[]
        {
            () => PostAsync(client, "{}", signature: "sha256=00"),
            () => PostAsync(client, new string(' ', (3 * 1024 * 1024) + 1)),
        })
        {
            var marked = await NotWholeAtAsync();
            await spoil();
            await Eventually.IsTrueAsync(async () => await NotWholeAtAsync() > marked, "the refusal is a gap");
        }
    }

    [Fact]
    public async Task a_status_of_an_account_with_the_policy_is_told_with_the_attempt_that_it_reports_on()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var other = await Conversation.OpenAsync(proxy);
        await proxy.SetAsync(FirestorePaths.Account(conversation.AccountId), new DocumentFields { ["onUnknownOutcome"] = "ResendAfterSilence" });
        await proxy.SetAsync(FirestorePaths.Account(other.AccountId), new DocumentFields { ["onUnknownOutcome"] = "Hold" });
        var client = await proxy.StartAnotherAsync(_often);
        var told = await ClaimAsync(conversation);
        var untold = await ClaimAsync(other);

        await StatusAsync(client, untold);
        await StatusAsync(client, told);

        var own = await Eventually.GetAsync(() => proxy.FindAsync(FirestorePaths.IntakeOf(conversation.AccountId)), "the status is told");
        Assert.Equal(told.ClaimedAt, own.Fields.Timestamp(IntakeFields.AttemptAt));
        Assert.True(own.Fields.Timestamp(IntakeFields.StatusAt) > told.ClaimedAt);
        Assert.Null(await proxy.FindAsync(FirestorePaths.IntakeOf(other.AccountId)));
        Assert.NotNull(await NotWholeAtAsync());
    }

    [Fact]
    public async Task a_status_of_an_older_attempt_says_nothing_of_the_newest_one()
    {
        var (older, newest) = (await Conversation.OpenAsync(proxy), await Conversation.OpenAsync(proxy));
        foreach (var conversation in new[] { older, newest })
        {
            await proxy.SetAsync(FirestorePaths.Account(conversation.AccountId), new DocumentFields { ["onUnknownOutcome"] = "ResendAfterSilence" });
        }

        var client = await proxy.StartAnotherAsync(_often);
        await StatusAsync(client, await ClaimAsync(older), attempt: 0);

        await StatusAsync(client, await ClaimAsync(newest));

        await Eventually.GetAsync(() => proxy.FindAsync(FirestorePaths.IntakeOf(newest.AccountId)), "the status is told");
        Assert.Null(await proxy.FindAsync(FirestorePaths.IntakeOf(older.AccountId)));
    }

    private async Task<OutboxDocument> ClaimAsync(Conversation conversation)
    {
        var requestId = (await conversation.SendAsync()).AssertAccepted();
        var path = FirestorePaths.OutboxMessage(requestId);
        var message = OutboxDocument.Read((await proxy.FindAsync(path))!);
        await proxy.Firestore.CommitAsync(
            [OutboxTransitions.Claim(message, "a-worker", "a-claim", message.UpdateTime, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5))], "test", CancellationToken.None);
        return OutboxDocument.Read((await proxy.FindAsync(path))!);
    }

    private static async Task StatusAsync(HttpClient client, OutboxDocument message, int attempt = 1)
    {
        var answer = await PostAsync(client, $$$"""
            {"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"statuses":[
            {"id":"wamid.{{{message.RequestId}}}","status":"delivered","timestamp":"1767225600","biz_opaque_callback_data":"{{{message.RequestId}}}:{{{attempt}}}"}]}}]}]}
            """);
        Assert.Equal(200, answer.Status);
    }

    private static Task<ProxyUnderTest.Answer> PostAsync(HttpClient client, string body, string? signature = null)
    {
        signature ??= "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(ProxyUnderTest.AppSecret), Encoding.UTF8.GetBytes(body)));
        return ProxyUnderTest.PostAsync(client, "/webhooks/whatsapp", null, body, ("X-Hub-Signature-256", signature));
    }

    private async Task<DateTimeOffset?> NotWholeAtAsync() =>
        (await proxy.FindAsync(FirestorePaths.IntakeOf(IntakeFields.All)))?.Fields.Timestamp(IntakeFields.NotWholeAt) ?? DateTimeOffset.UnixEpoch;
}
