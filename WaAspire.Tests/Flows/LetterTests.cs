using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Flows;

/// <summary>Schedule, cancel, expire, dead letters and silence, on the running product.</summary>
[Collection(RunningSystemGroup.Name)]
public sealed class LetterTests(RunningSystem system)
{
    private const int Messages = 200;
    private const int Threads = 10;

    [Fact]
    public async Task a_scheduled_message_goes_out_at_its_time_behind_what_was_due_before_and_in_the_order_of_acceptance()
    {
        var company = await OpenAsync();
        var first = await company.SendAsync(1, "first");
        await company.StateAsync(first, OutboxStatus.Sent);
        var sendAt = (await company.OutboxAsync(first)).UpdateTime.AddSeconds(6);

        var one = await SendAsync(company, 1, "scheduled one", sendAt);
        var two = await SendAsync(company, 1, "scheduled two", sendAt);
        var between = await company.SendAsync(1, "not held up");

        await company.StateAsync(between, OutboxStatus.Sent);
        await company.StateAsync(two, OutboxStatus.Sent);
        Assert.Equal([first, between, one, two], (await company.AcceptedAsync()).Select(message => message.RequestId));
        foreach (var scheduled in new[] { one, two })
        {
            var stored = await company.OutboxAsync(scheduled);
            Assert.True(stored.ClaimedAt >= stored.SendAt!.Value.AddMilliseconds(-1), $"{stored.ClaimedAt:O} {stored.SendAt:O}");
        }
    }

    [Fact]
    public async Task a_message_is_canceled_and_never_accepted_or_accepted_and_told_so()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(Threads);
        var answers = new ConcurrentDictionary<string, HttpStatusCode>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Messages), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var requestId = await company.SendAsync(1 + (i % Threads), $"message {i}");
            answers[requestId] = await CancelAsync(company, requestId);
        });

        await Eventually.IsTrueAsync(
            async () => (await company.AllOutboxAsync()).Values.All(message => message.Status is OutboxStatus.Sent or OutboxStatus.Canceled),
            "every message is sent or canceled",
            TimeSpan.FromMinutes(3));

        var outbox = await company.AllOutboxAsync();
        var accepted = (await company.AcceptedAsync()).Select(message => message.RequestId).ToList();
        Assert.Equal(Messages, outbox.Count);
        Assert.Equal(accepted.Count, accepted.Distinct().Count());
        foreach (var (requestId, status) in answers)
        {
            Assert.Contains(status, new[] { HttpStatusCode.OK, HttpStatusCode.Conflict });
            Assert.Equal(status == HttpStatusCode.OK ? OutboxStatus.Canceled : OutboxStatus.Sent, outbox[requestId].Status);
            Assert.Equal(status == HttpStatusCode.Conflict, accepted.Contains(requestId));
        }

        Assert.Contains(HttpStatusCode.OK, answers.Values);
    }

    [Fact]
    public async Task a_canceled_head_lets_its_thread_go_on_at_once()
    {
        var company = await OpenAsync();
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind = "error", code = 131000, to = company.PhoneOf(1), bodyContains = "stuck", times = 99 } } });
        var stuck = await company.SendAsync(1, "stuck");
        await Eventually.IsTrueAsync(async () => (await company.OutboxAsync(stuck)).AttemptCount >= 1, "it was tried");
        var next = await company.SendAsync(1, "next");

        // It is queued only between its attempts; a claim that is faster is answered with 409.
        await Eventually.IsTrueAsync(
            async () => await CancelAsync(company, stuck) == HttpStatusCode.OK || (await company.OutboxAsync(stuck)).Status == OutboxStatus.Failed, "it is canceled");

        await company.StateAsync(next, OutboxStatus.Sent);
        Assert.DoesNotContain(stuck, (await company.AcceptedAsync()).Select(message => message.RequestId));
    }

    [Fact]
    public async Task a_message_that_expires_is_never_sent_at_the_head_nor_behind_a_doubt()
    {
        var company = await OpenAsync();
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind = "drop", to = company.PhoneOf(1), times = 1 } } });
        var doubtful = await company.SendAsync(1, "in doubt");
        var now = (await company.StateAsync(doubtful, OutboxStatus.Uncertain)).UpdateTime;
        var behind = await SendAsync(company, 1, "behind the doubt", expiresAt: now.AddSeconds(2));

        var expired = await company.StateAsync(behind, OutboxStatus.Failed, TimeSpan.FromMinutes(3));

        Assert.Equal("expired", expired.Failure!.Text("code"));
        Assert.Equal(OutboxStatus.Uncertain, (await company.OutboxAsync(doubtful)).Status);
        Assert.Empty(await company.AcceptedAsync());
    }

    [Fact]
    public async Task dead_letters_are_found_and_replayed_together_in_their_old_order()
    {
        var company = await OpenAsync();
        var boss = await BossAsync();
        var refused = new List<string>();
        await using (await company.WithFaultsAsync(new { faults = new[] { new { kind = "error", code = 131026, to = company.PhoneOf(1), times = 3 } } }))
        {
            for (var i = 0; i < 3; i++)
            {
                refused.Add(await company.SendAsync(1, $"refused {i}"));
                await company.StateAsync(refused[i], OutboxStatus.Failed);
            }
        }

        var listed = await OpsAsync(boss, HttpMethod.Get, $"/ops/dead-letters?accountId={company.AccountId}&code=131026");
        Assert.Equal(Enumerable.Reverse(refused), listed.GetProperty("deadLetters").EnumerateArray().Select(letter => letter.GetProperty("requestId").GetString()));
        var done = await OpsAsync(boss, HttpMethod.Post, "/ops/outbox/replay", new { accountId = company.AccountId, code = "131026" });

        Assert.Equal(3, done.GetProperty("replayed").GetInt32());
        await company.StateAsync(refused[2], OutboxStatus.Sent);
        Assert.Equal(refused, (await company.AcceptedAsync()).Select(message => message.RequestId));
        Assert.Contains((await OpsAsync(boss, HttpMethod.Get, "/ops/audit")).GetProperty("entries").EnumerateArray(), entry => entry.GetProperty("what").GetString() == "outbox.replay");
    }

    [Fact]
    public async Task silence_resends_once_others_are_heard_of_and_never_before()
    {
        var company = await OpenAsync();
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(company.AccountId), Precondition.Present, new DocumentFields { ["onUnknownOutcome"] = "ResendAfterSilence" }));
        await using var faults = await company.WithFaultsAsync(new { faults = new[] { new { kind = "drop", to = company.PhoneOf(1), times = 1 } } });
        var doubtful = await company.SendAsync(1, "nobody answers");
        var since = (await company.StateAsync(doubtful, OutboxStatus.Uncertain)).DoubtSince!.Value;

        // Another thread of the same number is heard of, again and again: only what comes after the quiet period counts.
        await Eventually.IsTrueAsync(
            async () =>
            {
                await company.StateAsync(await company.SendAsync(2, "heard of"), OutboxStatus.Sent);
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
                return (await company.OutboxAsync(doubtful)).Status == OutboxStatus.Sent;
            },
            "it is sent again",
            TimeSpan.FromMinutes(8));

        var sent = await company.OutboxAsync(doubtful);
        Assert.Equal(2, sent.ClaimSeq);
        Assert.True(sent.ClaimedAt > since + Durations.Scaled(new SendingOptions().QuietPeriod));
        Assert.Single(await company.AcceptedAsync(), message => message.RequestId == doubtful);
    }

    private async Task<Company> OpenAsync()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(2);
        return company;
    }

    private async Task<string> SendAsync(Company company, int thread, string text, DateTimeOffset? sendAt = null, DateTimeOffset? expiresAt = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/whatsappProxySend")
        {
            Content = JsonContent.Create(new
            {
                threadId = company.ThreadId(thread),
                accountId = company.AccountId,
                toJid = company.JidOf(thread),
                text,
                clientMessageId = Guid.NewGuid(),
                sendAt = sendAt?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffK", CultureInfo.InvariantCulture),
                expiresAt = expiresAt?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffK", CultureInfo.InvariantCulture),
            }),
        };
        request.Headers.Authorization = company.Bearer;
        using var response = await system.Proxy.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("requestId").GetString()!;
    }

    private async Task<HttpStatusCode> CancelAsync(Company company, string requestId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/whatsappProxyCancel") { Content = JsonContent.Create(new { requestId }) };
        request.Headers.Authorization = company.Bearer;
        using var response = await system.Proxy.SendAsync(request);
        return response.StatusCode;
    }

    private async Task<JsonElement> OpsAsync(string token, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await system.Proxy.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The address that the AppHost configures for the super-admin here; another test may have signed it up.</summary>
    private async Task<string> BossAsync()
    {
        using var create = new HttpRequestMessage(HttpMethod.Post, $"/identitytoolkit.googleapis.com/v1/projects/{RunningSystem.ProjectId}/accounts")
        {
            Content = JsonContent.Create(new { localId = "the-super-admin", email = "admin@example.com", password = "a-password", emailVerified = true }),
        };
        create.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "owner");
        using var created = await system.Auth.SendAsync(create);
        using var signedIn = await system.Auth.PostAsJsonAsync(
            "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=test", new { email = "admin@example.com", password = "a-password", returnSecureToken = true });
        return (await signedIn.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("idToken").GetString()!;
    }
}
