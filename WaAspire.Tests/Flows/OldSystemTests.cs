using System.Net.Http.Json;
using System.Text.Json;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>Unfinished documents that the old Node system left behind.</summary>
[Collection(RunningSystemGroup.Name)]
public sealed class OldSystemTests(RunningSystem system)
{
    [Fact]
    public async Task its_unfinished_documents_are_taken_over_and_go_out_in_the_order_of_their_creation()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        var now = DateTimeOffset.UnixEpoch.AddYears(55);
        await company.CommitAsync(
            Old(company, "old-second", "queued", now.AddSeconds(2), new() { [OutboxFields.ThreadId] = company.ThreadId(1) }),
            Old(company, "old-first", "queued", now.AddSeconds(1), new() { [OutboxFields.NextAttemptAt] = now }),
            Old(company, "old-accepted", "processing", now, new() { [OutboxFields.ProviderMessageId] = "3EB0", [OutboxFields.ThreadId] = company.ThreadId(1) }));

        await company.StateAsync("old-second", OutboxStatus.Sent, TimeSpan.FromMinutes(12));

        Assert.Equal(["old-first", "old-second"], (await company.AcceptedAsync()).Select(message => message.RequestId));
        Assert.Equal(OutboxStatus.Sent, (await company.OutboxAsync("old-accepted")).Status);
        var copy = await company.StoredAsync(FirestorePaths.ThreadMessage(company.ThreadId(1), "old-first"));
        Assert.NotNull(copy.Fields.Timestamp(ThreadMessageFields.TsClient));
    }

    [Fact]
    public async Task one_whose_holder_is_gone_is_in_doubt_and_one_that_is_still_leased_is_left_alone()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(2);
        var past = DateTimeOffset.UnixEpoch.AddYears(55);
        var future = DateTimeOffset.UnixEpoch.AddYears(130);
        await company.CommitAsync(
            Old(company, "old-orphan", "sending", past, new() { [OutboxFields.LeaseUntil] = past, [OutboxFields.ThreadId] = company.ThreadId(1) }),
            Old(company, "old-leased", "processing", past, new() { [OutboxFields.LeaseUntil] = future, [OutboxFields.ThreadId] = company.ThreadId(2) }));

        await company.StateAsync("old-orphan", OutboxStatus.Uncertain, TimeSpan.FromMinutes(12));

        Assert.Null((await company.OutboxAsync("old-leased")).Schema);
        Assert.Empty(await company.AcceptedAsync());
    }

    [Fact]
    public async Task its_dead_letters_are_taken_over_when_asked_for_and_replayed_only_where_nothing_can_have_gone_out()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        var past = DateTimeOffset.UnixEpoch.AddYears(55);
        await company.CommitAsync(
            Old(company, "old-dead", "failed", past, new() { [OutboxFields.FailedAt] = past.AddMinutes(1), [OutboxFields.ThreadId] = company.ThreadId(1) }),
            Old(company, "old-dead-with-id", "failed", past, new() { [OutboxFields.ProviderMessageId] = "3EB0", [OutboxFields.ThreadId] = company.ThreadId(1) }));

        Assert.Equal(2, await AdoptAllAsync());
        Assert.Equal(0, await AdoptAllAsync());

        var page = await AskAsync(HttpMethod.Get, $"/internal/dead-letters?accountId={company.AccountId}&code=old_system");
        Assert.Equal(["old-dead-with-id", "old-dead"], page.GetProperty("deadLetters").EnumerateArray().Select(letter => letter.GetProperty("requestId").GetString()));
        Assert.Equal("outcome_unknown", (await AskAsync(HttpMethod.Post, "/internal/outbox/old-dead-with-id/replay")).GetProperty("error").GetString());
        Assert.True((await AskAsync(HttpMethod.Post, "/internal/outbox/old-dead/replay")).GetProperty("success").GetBoolean());
        await company.StateAsync("old-dead", OutboxStatus.Sent);
        Assert.Equal(["old-dead"], (await company.AcceptedAsync()).Select(message => message.RequestId));
    }

    /// <returns>How many were taken over, through as many pages as there are: other tests' dead letters lie between them.</returns>
    private async Task<int> AdoptAllAsync()
    {
        var (adopted, next) = (0, (string?)null);
        do
        {
            var page = await AskAsync(HttpMethod.Post, "/internal/outbox/adopt", new { next });
            adopted += page.GetProperty("adopted").GetInt32();
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);

        return adopted;
    }

    private async Task<JsonElement> AskAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Internal-Token", RunningSystem.InternalToken);
        using var response = await system.Worker.SendAsync(request);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static DocumentWrite Old(Company company, string id, string status, DateTimeOffset createdAt, DocumentFields more)
    {
        var fields = new DocumentFields(more)
        {
            [OutboxFields.AccountId] = company.AccountId,
            [OutboxFields.ToJid] = "+" + company.JidOf(1),
            [OutboxFields.Body] = id,
            [OutboxFields.Payload] = FirestoreValue.From(new DocumentFields { ["message"] = id }),
            [OutboxFields.Status] = status,
            [OutboxFields.LegacyAttempts] = 0L,
            [OutboxFields.CreatedAt] = createdAt,
        };
        return DocumentWrite.Set(FirestorePaths.OutboxMessage(id), fields);
    }
}
