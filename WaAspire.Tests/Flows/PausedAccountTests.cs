using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>Messages of an account that cannot send wait, cost nothing, and go out in order when it can again.</summary>
[Collection(RunningSystemGroup.Name)]
public sealed class PausedAccountTests(RunningSystem system)
{
    [Fact]
    public async Task an_expired_token_pauses_the_account_until_a_person_resumes_it_and_no_attempt_is_spent()
    {
        var company = await OpenAsync();
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind = "error", code = 190, phoneNumberId = company.PhoneNumberId, times = 100 } } });
        var first = await company.SendAsync(1, "first");
        await PausedAsync(company, "token_expired");
        var second = await company.SendAsync(1, "second");
        var elsewhere = await company.SendAsync(2, "elsewhere");
        Assert.Equal((OutboxStatus.Queued, 0), await StateAsync(company, first));
        Assert.Equal((OutboxStatus.Queued, 0), await StateAsync(company, elsewhere));

        // Until here nobody's token is good: another worker may not have heard of the pause when it tries.
        await faults.DisposeAsync();
        Assert.Equal(HttpStatusCode.OK, (await VerbAsync(company.AccountId, "resume")).StatusCode);

        foreach (var requestId in new[] { first, second, elsewhere })
        {
            Assert.Equal(1, (await company.StateAsync(requestId, OutboxStatus.Sent)).AttemptCount);
        }

        Assert.Equal([first, second], (await company.AcceptedAsync()).Where(message => message.To == company.PhoneOf(1)).Select(message => message.RequestId));
        var last = (await company.StoredAsync(FirestorePaths.Account(company.AccountId))).Fields.Map(AccountFields.LastPause)!;
        Assert.Equal(("token_expired", "operator"), (last.Text("reason"), last.Text("resumedBy")));
    }

    [Fact]
    public async Task a_person_pauses_an_account_and_its_messages_wait()
    {
        var company = await OpenAsync();
        using (var paused = await VerbAsync(company.AccountId, "pause", new { reason = "holiday" }))
        {
            Assert.Equal(HttpStatusCode.OK, paused.StatusCode);
        }

        await PausedAsync(company, "holiday");
        var waiting = await company.SendAsync(1, "waits");
        var other = await OpenAsync();
        await other.StateAsync(await other.SendAsync(1, "another account"), OutboxStatus.Sent);
        Assert.Equal((OutboxStatus.Queued, 0), await StateAsync(company, waiting));

        await VerbAsync(company.AccountId, "resume");

        Assert.Equal(1, (await company.StateAsync(waiting, OutboxStatus.Sent)).AttemptCount);
    }

    [Fact]
    public async Task a_pause_with_an_end_ends_by_itself()
    {
        var company = await OpenAsync();
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind = "error", code = 131057, phoneNumberId = company.PhoneNumberId, times = 1 } } });

        var message = await company.SendAsync(1, "during maintenance");

        Assert.Equal(1, (await company.StateAsync(message, OutboxStatus.Sent, TimeSpan.FromMinutes(3))).AttemptCount);
        await Eventually.IsTrueAsync(
            async () => (await company.StoredAsync(FirestorePaths.Account(company.AccountId))).Fields is var fields
                && !fields.ContainsKey(AccountFields.SendPaused) && fields.Map(AccountFields.LastPause)?.Text("resumedBy") == "time",
            "the pause is tidied away");
    }

    [Fact]
    public async Task a_provider_that_is_down_pauses_the_account_and_the_first_acceptance_resumes_it()
    {
        var company = await OpenAsync();
        List<string> messages = [];
        await using (await company.WithFaultsAsync(new { faults = new[] { new { kind = "error", code = 131016, phoneNumberId = company.PhoneNumberId, times = 100_000 } } }))
        {
            for (var thread = 1; thread <= 4; thread++)
            {
                messages.Add(await company.SendAsync(thread, "first"));
                messages.Add(await company.SendAsync(thread, "second"));
            }

            await PausedAsync(company, SendPause.ProviderDown);
        }

        foreach (var message in messages)
        {
            Assert.Equal(1, (await company.StateAsync(message, OutboxStatus.Sent)).AttemptCount);
        }

        await Eventually.IsTrueAsync(
            async () => !(await company.StoredAsync(FirestorePaths.Account(company.AccountId))).Fields.ContainsKey(AccountFields.SendPaused), "the account is resumed");
        foreach (var thread in (await company.AcceptedAsync()).GroupBy(message => message.To))
        {
            Assert.Equal(messages.Where(thread.Select(message => message.RequestId).Contains), thread.Select(message => message.RequestId));
        }
    }

    [Fact]
    public async Task account_verbs_need_the_token_and_an_existing_account()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await system.Worker.PostAsync("/internal/accounts/nobody/pause", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await VerbAsync("nobody", "pause")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await VerbAsync("nobody", "resume")).StatusCode);
    }

    [Theory]
    [InlineData("pause", "until")]
    [InlineData("resume", "template")]
    public async Task an_account_verb_with_a_body_of_another_form_is_refused_in_the_envelope(string verb, string field)
    {
        var answer = await VerbAsync("nobody", verb, new Dictionary<string, string> { [field] = "tomorrow" });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("invalid_request", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }

    private async Task<Company> OpenAsync()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(4);
        return company;
    }

    private static Task PausedAsync(Company company, string reason) => Eventually.IsTrueAsync(
        async () => (await company.StoredAsync(FirestorePaths.Account(company.AccountId))).Fields.Map(AccountFields.SendPaused)?.Text("reason") == reason,
        $"the account is paused: {reason}");

    private static async Task<(OutboxStatus? Status, int Attempts)> StateAsync(Company company, string requestId) =>
        await company.OutboxAsync(requestId) is var message ? (message.Status, (int)message.AttemptCount) : default;

    private async Task<HttpResponseMessage> VerbAsync(string accountId, string verb, object? body = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/internal/accounts/{accountId}/{verb}")
        {
            Content = body is null ? null : JsonContent.Create(body),
        };
        request.Headers.Add("X-Internal-Token", RunningSystem.InternalToken);
        return await system.Worker.SendAsync(request);
    }
}
