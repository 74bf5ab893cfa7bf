using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Proxy;

/// <summary>Withdrawing a message: while it is queued, by who may write, and never against a claim.</summary>
[Collection(ProxyCollection.Name)]
public sealed class CancelTests(ProxyUnderTest proxy)
{
    private const string Path = "/whatsappProxyCancel";

    [Fact]
    public async Task a_queued_message_is_canceled_and_a_repeat_says_so_again()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var requestId = (await conversation.SendAsync()).AssertAccepted();

        for (var i = 0; i < 2; i++)
        {
            var answer = await CancelAsync(requestId, conversation.Token);
            Assert.Equal(200, answer.Status);
            Assert.Equal(
                (true, requestId, "canceled"),
                (answer.Body.GetProperty("success").GetBoolean(), answer.Body.GetProperty("requestId").GetString(), answer.Body.GetProperty("status").GetString()));
        }

        var stored = OutboxDocument.Read((await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!);
        Assert.Equal((OutboxStatus.Canceled, null), (stored.Status, stored.NextAttemptAt));
        var shown = Assert.Single(await conversation.MessagesAsync()).Fields;
        Assert.Equal(("failed", "canceled"), (shown.Text("status"), shown.Text("lastError")));
    }

    [Theory]
    [InlineData("processing", "processing")]
    [InlineData("sending", "processing")]
    [InlineData("uncertain", "uncertain")]
    [InlineData("sent", "sent")]
    [InlineData("failed", "failed")]
    public async Task any_other_state_is_told_and_left_alone(string status, string told)
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var requestId = (await conversation.SendAsync()).AssertAccepted();
        await ChangeAsync(requestId, "status", status);

        var answer = await CancelAsync(requestId, conversation.Token);

        answer.AssertRefused(409, "not_cancelable");
        Assert.Equal(told, answer.Body.GetProperty("status").GetString());
        Assert.Equal(status, (await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields.Text("status"));
    }

    [Fact]
    public async Task what_is_tried_again_and_may_have_arrived_before_is_not_withdrawn()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var requestId = (await conversation.SendAsync()).AssertAccepted();
        await ChangeAsync(requestId, OutboxFields.OutcomeUnknown, true);

        var answer = await CancelAsync(requestId, conversation.Token);

        answer.AssertRefused(409, "not_cancelable");
        Assert.Equal("uncertain", answer.Body.GetProperty("status").GetString());
        Assert.Equal("queued", (await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!.Fields.Text("status"));
    }

    /// <summary>It says queued and has an id of WhatsApp's: to cancel it would tell an untruth.</summary>
    [Fact]
    public async Task a_message_that_makes_no_sense_is_parked_instead()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var requestId = (await conversation.SendAsync()).AssertAccepted();
        await ChangeAsync(requestId, "providerMessageId", "wamid.restored");

        var answer = await CancelAsync(requestId, conversation.Token);

        answer.AssertRefused(409, "not_cancelable");
        Assert.Equal("uncertain", answer.Body.GetProperty("status").GetString());
        var parked = OutboxDocument.Read((await proxy.FindAsync(FirestorePaths.OutboxMessage(requestId)))!);
        Assert.Equal((true, "absorbing", "wamid.restored"), (parked.IsParked, parked.AssertionViolated, parked.ProviderMessageId));
    }

    [Fact]
    public async Task only_who_may_write_in_the_thread_may_cancel()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var requestId = (await conversation.SendAsync()).AssertAccepted();

        (await CancelAsync(requestId, await proxy.EmployeeAsync(ProxyUnderTest.Next("uid")))).AssertRefused(403, "not_owner_or_cowriter");
        (await CancelAsync(requestId, await proxy.SignUpAsync(ProxyUnderTest.Next("uid")))).AssertRefused(403, "employee_only");
        (await CancelAsync(requestId, null)).AssertRefused(401, "missing_auth_token");
        (await CancelAsync(new string('0', 64), conversation.Token)).AssertRefused(404, "message_not_found");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"requestId":7}""")]
    [InlineData("""{"requestId":"a/b"}""")]
    [InlineData("""{"requestId":"\ud800"}""")]
    public async Task a_body_without_a_lawful_id_is_refused(string body) =>
        (await ProxyUnderTest.PostAsync(proxy.Client, Path, null, body)).AssertRefused(400, "invalid_request");

    [Fact]
    public async Task a_lost_race_is_looked_at_again_and_a_lost_reply_is_read_back()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var raced = (await conversation.SendAsync()).AssertAccepted();
        var lost = (await conversation.SendAsync()).AssertAccepted();
        await using var faults = await proxy.WithFaultsAsync(new
        {
            failures = new[] { new { operation = "commit", status = "FAILED_PRECONDITION", times = 2, contains = raced } },
            lostReplies = new[] { new { operation = "commit", times = 1, contains = lost } },
        });

        Assert.Equal(200, (await CancelAsync(raced, conversation.Token)).Status);
        Assert.Equal(200, (await CancelAsync(lost, conversation.Token)).Status);
    }

    [Fact]
    public async Task a_message_whose_copy_is_gone_is_canceled_without_making_a_ghost()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var requestId = (await conversation.SendAsync()).AssertAccepted();
        await proxy.Firestore.CommitAsync([DocumentWrite.Delete(FirestorePaths.ThreadMessage(conversation.ThreadId, requestId))], "test", CancellationToken.None);

        Assert.Equal(200, (await CancelAsync(requestId, conversation.Token)).Status);
        Assert.Empty(await conversation.MessagesAsync());
    }

    [Fact]
    public async Task debug_clients_find_it_below_the_name_of_the_project() =>
        (await ProxyUnderTest.PostAsync(proxy.Client, $"/{ProxyUnderTest.ProjectId}/us-central1{Path}", null, "{}")).AssertRefused(400, "invalid_request");

    private Task<ProxyUnderTest.Answer> CancelAsync(string requestId, string? token) =>
        ProxyUnderTest.PostAsync(proxy.Client, Path, token, $$"""{"requestId":"{{requestId}}"}""");

    private async Task ChangeAsync(string requestId, string field, FirestoreValue value) =>
        Assert.IsType<CommitOutcome.Committed>(await proxy.Firestore.CommitAsync(
            [DocumentWrite.Update(FirestorePaths.OutboxMessage(requestId), Precondition.Present, new DocumentFields { [field] = value })], "test", CancellationToken.None));
}
