using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>What becomes of a message when WhatsApp refuses, breaks off, or takes it and says nothing.</summary>
[Collection(RunningSystemGroup.Name)]
public sealed class OutcomeTests(RunningSystem system)
{
    [Fact]
    public async Task a_passing_error_is_tried_again_and_the_thread_waits_for_it()
    {
        var company = await OpenAsync();
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind = "error", code = 131000, to = company.PhoneOf(1), times = 1 } } });

        var first = await company.SendAsync(1, "first");
        var second = await company.SendAsync(1, "second");

        Assert.Equal(2, (await company.StateAsync(first, OutboxStatus.Sent)).AttemptCount);
        Assert.Equal(1, (await company.StateAsync(second, OutboxStatus.Sent)).AttemptCount);
        Assert.Equal([first, second], (await company.AcceptedAsync()).Select(message => message.RequestId));
    }

    [Fact]
    public async Task an_error_that_does_not_pass_ends_as_a_dead_letter_with_its_history_and_frees_the_thread()
    {
        var company = await OpenAsync();
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind = "error", code = 1, to = company.PhoneOf(1), bodyContains = "poison", times = 99 } } });

        var poison = await company.SendAsync(1, "poison");
        var next = await company.SendAsync(1, "next");

        var failed = await company.StateAsync(poison, OutboxStatus.Failed);
        Assert.Equal(3, failed.AttemptCount);
        Assert.Equal(3, failed.AttemptHistory.Count);
        await company.StateAsync(next, OutboxStatus.Sent);
    }

    [Fact]
    public async Task a_refusal_is_a_dead_letter_at_once_and_a_replay_goes_to_the_end_of_the_thread()
    {
        var company = await OpenAsync();
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind = "error", code = 131026, to = company.PhoneOf(1), bodyContains = "refused", times = 1 } } });

        var refused = await company.SendAsync(1, "refused");
        await company.StateAsync(refused, OutboxStatus.Failed);
        var stored = await company.StoredAsync(FirestorePaths.OutboxMessage(refused));
        Assert.Equal("131026", stored.Fields.Map(OutboxFields.Failure)!.Text("code"));
        Assert.Equal("failed", (await company.StoredAsync(FirestorePaths.ThreadMessage(company.ThreadId(1), refused))).Fields.Text(ThreadMessageFields.Status));

        var later = await company.SendAsync(1, "later");
        await company.StateAsync(later, OutboxStatus.Sent);
        Assert.Equal(HttpStatusCode.OK, (await company.VerbAsync(refused, "replay")).StatusCode);
        await company.StateAsync(refused, OutboxStatus.Sent);

        Assert.Equal([later, refused], (await company.AcceptedAsync()).Select(message => message.RequestId));
    }

    [Theory]
    [InlineData("acceptThenDrop")]
    [InlineData("acceptThenHang")]
    public async Task an_answer_that_is_lost_is_proven_by_the_receipt_and_never_sent_again(string kind)
    {
        var company = await OpenAsync();
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind, to = company.PhoneOf(1), times = 1, @for = 60_000 } } });

        var first = await company.SendAsync(1, "first");
        var second = await company.SendAsync(1, "second");

        await company.StateAsync(first, OutboxStatus.Sent);
        await company.StateAsync(second, OutboxStatus.Sent);
        var accepted = await company.AcceptedAsync();
        Assert.Equal([first, second], accepted.Select(message => message.RequestId));
        Assert.Equal(accepted[0].Id, (await company.OutboxAsync(first)).ProviderMessageId);
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("http")]
    public async Task a_send_without_an_answer_is_in_doubt_and_its_thread_waits_until_an_operator_resends_it(string kind)
    {
        var company = await OpenAsync();
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind, httpStatus = 502, to = company.PhoneOf(1), times = 1 } } });

        var first = await company.SendAsync(1, "first");
        var second = await company.SendAsync(1, "second");
        var elsewhere = await company.SendAsync(2, "another thread");

        await company.StateAsync(first, OutboxStatus.Uncertain);
        await company.StateAsync(elsewhere, OutboxStatus.Sent);
        Assert.Equal(OutboxStatus.Queued, (await company.OutboxAsync(second)).Status);
        Assert.Equal("queued", (await company.StoredAsync(FirestorePaths.ThreadMessage(company.ThreadId(1), first))).Fields.Text(ThreadMessageFields.Status));

        // Whatever our clients do by default: the request that sends has left once.
        Assert.Equal(1, await company.RequestsAsync(first));

        Assert.Equal(HttpStatusCode.OK, (await company.VerbAsync(first, "resend")).StatusCode);

        await company.StateAsync(second, OutboxStatus.Sent);
        Assert.Equal([first, second], (await company.AcceptedAsync()).Where(message => message.To == company.PhoneOf(1)).Select(message => message.RequestId));
    }

    [Fact]
    public async Task a_doubt_can_be_given_up_or_stepped_over()
    {
        var company = await OpenAsync();
        await using var faults = await company.WithFaultsAsync(new
        {
            faults = new[] { new { kind = "drop", to = company.PhoneOf(1), times = 1 }, new { kind = "drop", to = company.PhoneOf(2), times = 1 } },
        });
        var givenUp = await company.SendAsync(1, "given up");
        var behind = await company.SendAsync(1, "behind");
        var steppedOver = await company.SendAsync(2, "stepped over");
        var past = await company.SendAsync(2, "past it");
        await company.StateAsync(givenUp, OutboxStatus.Uncertain);
        await company.StateAsync(steppedOver, OutboxStatus.Uncertain);

        Assert.Equal(HttpStatusCode.OK, (await company.VerbAsync(givenUp, "fail")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await company.VerbAsync(steppedOver, "release")).StatusCode);

        await company.StateAsync(behind, OutboxStatus.Sent);
        await company.StateAsync(past, OutboxStatus.Sent);
        Assert.Equal(OutboxStatus.Failed, (await company.OutboxAsync(givenUp)).Status);
        Assert.Equal(OutboxStatus.Uncertain, (await company.OutboxAsync(steppedOver)).Status);
    }

    [Fact]
    public async Task verbs_need_the_token_an_existing_message_and_a_lawful_state()
    {
        var company = await OpenAsync();
        var sent = await company.SendAsync(1, "sent");
        await company.StateAsync(sent, OutboxStatus.Sent);

        Assert.Equal(HttpStatusCode.Unauthorized, (await system.Worker.PostAsync($"/internal/outbox/{sent}/resend", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await company.VerbAsync(new string('0', 64), "resend")).StatusCode);
        foreach (var verb in new[] { "resend", "fail", "release", "replay" })
        {
            using var answer = await company.VerbAsync(sent, verb);
            Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
            Assert.Equal("wrong_state", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
        }

        Assert.Equal(OutboxStatus.Sent, (await company.OutboxAsync(sent)).Status);
    }

    [Fact]
    public async Task messages_of_an_account_that_is_not_connected_wait_without_spending_an_attempt()
    {
        var company = await Company.OpenAsync(system, status: "disconnected");
        await company.OpenThreadsAsync(1);
        var waiting = await company.SendAsync(1, "waits");

        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(company.AccountId), Precondition.Present, new DocumentFields { ["status"] = "connected" }));

        Assert.Equal(1, (await company.StateAsync(waiting, OutboxStatus.Sent, TimeSpan.FromMinutes(6))).AttemptCount);
    }

    private async Task<Company> OpenAsync()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(2);
        return company;
    }
}
