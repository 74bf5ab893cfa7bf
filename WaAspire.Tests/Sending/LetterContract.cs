using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Recovery;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Sending;

/// <summary>Messages that end, or nearly end, without having been sent: expired, given up, stale, and what is replayed of them.</summary>
public abstract class LetterContract(OutboxWorld worker)
{
    private static readonly SendFault _refused = new("131026", "Meta refused it", false);

    private OperatorVerbs Verbs => worker.Worker.GetRequiredService<OperatorVerbs>();

    [Fact]
    public async Task an_overdue_message_ends_with_its_reason_unless_a_claim_came_first()
    {
        var overdue = await ExpiredAsync();
        var claimed = await ExpiredAsync();
        await worker.ClaimAsync(claimed);
        var expiry = worker.Worker.GetRequiredService<ExpireOverdue>();

        Assert.True(await expiry.ExpireAsync(overdue, CancellationToken.None));
        Assert.False(await expiry.ExpireAsync(claimed, CancellationToken.None));

        var stored = await worker.ReadAsync(overdue.RequestId);
        Assert.Equal((OutboxStatus.Failed, "expired", null), (stored.Status, stored.Failure!.Text("code"), stored.NextAttemptAt));
        Assert.Equal("failed", await worker.ShownAsync(overdue));
        Assert.Equal(OutboxStatus.Processing, (await worker.ReadAsync(claimed.RequestId)).Status);
    }

    [Fact]
    public async Task a_message_whose_time_runs_out_between_claim_and_send_is_not_sent()
    {
        var message = await worker.QueueAsync();
        var claims = worker.Worker.GetRequiredService<Claims>();
        var claimed = await worker.ClaimAsync(message);
        var now = worker.Worker.GetRequiredService<ServerClock>().Now;

        Assert.False(claims.HasExpired(claimed));
        Assert.False(claims.HasExpired(claimed with { Message = claimed.Message with { ExpiresAt = now.AddDays(1) } }));
        Assert.True(claims.HasExpired(claimed with { Message = claimed.Message with { ExpiresAt = now } }));

        // The answer to the claim was long on its way home: so much later it may be by now.
        var anHour = 3600 * worker.Worker.GetRequiredService<TimeProvider>().TimestampFrequency;
        Assert.True(claims.HasExpired(new ClaimedMessage(claimed.Message with { ExpiresAt = now.AddMinutes(30) }, claimed.ClaimStarted - anHour)));
    }

    [Fact]
    public async Task overdue_messages_are_found_wherever_they_stand_and_what_follows_them_goes_on()
    {
        var head = await worker.QueueAsync();
        var overdue = await ExpiredAsync(head.ThreadId);
        await worker.RecordAsync(await worker.ClaimAsync(head), new SendOutcome.Uncertain("lost"));

        // One of its own: the worker's may have looked a moment ago.
        await ActivatorUtilities.CreateInstance<ExpireOverdue>(worker.Worker).SweepAsync(CancellationToken.None);

        Assert.Equal(OutboxStatus.Failed, (await worker.ReadAsync(overdue.RequestId)).Status);
        Assert.Equal(OutboxStatus.Uncertain, (await worker.ReadAsync(head.RequestId)).Status);
    }

    [Fact]
    public async Task a_dead_letter_goes_to_the_end_with_a_new_budget_and_its_history()
    {
        var message = await FailedAsync();

        Assert.Equal(VerbResult.Done, (await Verbs.ReplayAsync(message.RequestId, false, CancellationToken.None)).Result);

        var stored = await worker.ReadAsync(message.RequestId);
        Assert.Equal((OutboxStatus.Queued, 0, 1), (stored.Status, stored.AttemptCount, stored.ClaimSeq));
        Assert.Single(stored.AttemptHistory);
        Assert.True(stored.OrderAt > message.OrderAt);
        Assert.Null(stored.Failure);
        Assert.Equal("queued", await worker.ShownAsync(message));
    }

    [Fact]
    public async Task what_was_given_up_without_proof_is_replayed_only_by_somebody_who_has_looked()
    {
        var message = await worker.QueueAsync();
        await worker.RecordAsync(await worker.ClaimAsync(message), new SendOutcome.Uncertain("lost"));
        Assert.Equal(VerbResult.Done, (await Verbs.FailAsync(message.RequestId, CancellationToken.None)).Result);

        Assert.Equal(VerbResult.OutcomeUnknown, (await Verbs.ReplayAsync(message.RequestId, false, CancellationToken.None)).Result);
        var many = await worker.Worker.GetRequiredService<ReplayMany>().ReplayAsync([message.RequestId], CancellationToken.None);
        Assert.Equal((0, VerbResult.OutcomeUnknown), (many.Replayed, Assert.Single(many.Skipped).Reason));
        Assert.Equal(OutboxStatus.Failed, (await worker.ReadAsync(message.RequestId)).Status);

        Assert.Equal(VerbResult.Done, (await Verbs.ReplayAsync(message.RequestId, true, CancellationToken.None)).Result);
        Assert.False((await worker.ReadAsync(message.RequestId)).OutcomeUnknown);
    }

    [Fact]
    public async Task what_was_accepted_after_all_is_no_dead_letter_any_more()
    {
        var message = await FailedAsync();
        await worker.CommitAsync(OutboxTransitions.Sent(message, "wamid.1"));

        Assert.Equal(VerbResult.WrongState, (await Verbs.ReplayAsync(message.RequestId, true, CancellationToken.None)).Result);
    }

    [Fact]
    public async Task an_expired_letter_is_never_sent_again()
    {
        var overdue = await ExpiredAsync();
        await worker.Worker.GetRequiredService<ExpireOverdue>().ExpireAsync(overdue, CancellationToken.None);

        Assert.Equal(VerbResult.Expired, (await Verbs.ReplayAsync(overdue.RequestId, true, CancellationToken.None)).Result);
    }

    [Fact]
    public async Task letters_are_listed_newest_first_by_page_and_by_filter()
    {
        var thread = (await worker.QueueAsync()).ThreadId!;
        var failed = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            failed.Insert(0, (await FailedAsync(thread)).RequestId);
        }

        var letters = worker.Worker.GetRequiredService<DeadLetters>();
        var filter = new DeadLetterFilter("account", thread, "131026");
        var listed = new List<string>();
        DeadLetterPlace? place = null;
        do
        {
            var page = await letters.NewestFirstAsync(filter, place, 2, CancellationToken.None);
            Assert.InRange(page.Messages.Count, 0, 2);
            listed.AddRange(page.Messages.Select(message => message.RequestId));
            Assert.True(DeadLetterPlace.TryParse(page.Next?.ToString(), out place));
        }
        while (place is not null);

        Assert.Equal(failed, listed);
        Assert.Empty((await letters.NewestFirstAsync(filter with { Code = "131000" }, null, 100, CancellationToken.None)).Messages);
        Assert.Equal(failed[0], (await letters.NewestFirstAsync(new DeadLetterFilter(null, null, null), null, 1, CancellationToken.None)).Messages.Single().RequestId);
    }

    [Fact]
    public async Task all_of_a_reason_are_replayed_page_by_page_each_thread_in_its_old_order()
    {
        var thread = (await worker.QueueAsync()).ThreadId!;
        var failed = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            failed.Add((await FailedAsync(thread)).RequestId);
        }

        var many = worker.Worker.GetRequiredService<ReplayMany>();
        var filter = new DeadLetterFilter("account", thread, "131026");
        var done = await many.ReplayAsync(filter, null, null, 3, CancellationToken.None);
        var replayed = done.Replayed;
        while (done.Next is not null)
        {
            done = await many.ReplayAsync(filter, done.Next, done.Until, 3, CancellationToken.None);
            replayed += done.Replayed;
        }

        Assert.Equal(7, replayed);
        var head = await worker.Worker.GetRequiredService<LaneHeads>().ReadAsync(new("account", thread), 20, null, CancellationToken.None);
        Assert.Equal(failed, head.Messages.Select(message => message.RequestId).Where(failed.Contains));
    }

    [Fact]
    public async Task a_person_fails_an_old_backlog_and_only_the_old_part_of_it()
    {
        var account = $"account-{Guid.NewGuid():n}";
        var (old, young) = (await OfAccountAsync(account), await OfAccountAsync(account));
        await ChangeAsync(old, OutboxFields.OrderAt, young.OrderAt!.Value.AddDays(-1));

        var (failed, next) = await worker.Worker.GetRequiredService<FailBacklog>().FailAsync(account, young.OrderAt.Value, null, CancellationToken.None);

        Assert.Equal((1, null), (failed, next));
        Assert.Equal("stale", (await worker.ReadAsync(old.RequestId)).Failure!.Text("code"));
        Assert.Equal(OutboxStatus.Queued, (await worker.ReadAsync(young.RequestId)).Status);
    }

    [Fact]
    public async Task a_backlog_that_grew_old_while_its_account_was_away_asks_once()
    {
        var id = $"account-{Guid.NewGuid():n}";
        await OfAccountAsync(id);
        var head = await OfAccountAsync(id);
        await worker.CommitAsync([DocumentWrite.Set(FirestorePaths.Account(id), new DocumentFields { ["provider"] = "cloud_api", ["status"] = "disconnected" })]);
        var accounts = worker.Worker.GetRequiredService<AccountDirectory>();
        Assert.True(await accounts.LookUpAsync(id, CancellationToken.None));
        await worker.CommitAsync([DocumentWrite.Update(FirestorePaths.Account(id), Precondition.Present, new DocumentFields { ["status"] = "connected" })]);
        accounts.Learn(Account.Read((await worker.FindAsync(FirestorePaths.Account(id)))!));
        var backlog = worker.Worker.GetRequiredService<StaleBacklog>();
        var waited = (accounts.Find(id)!.ReturnedAt - head.OrderAt)!.Value;

        Assert.True(StaleBacklog.IsStale(accounts.Find(id)!, head, waited - TimeSpan.FromTicks(10)));
        Assert.False(StaleBacklog.IsStale(accounts.Find(id)!, head, waited));
        Assert.False(StaleBacklog.IsStale(accounts.Find(id)!, head, TimeSpan.Zero));
        await backlog.AskAsync(head, CancellationToken.None);

        var paused = (await worker.FindAsync(FirestorePaths.Account(id)))!;
        Assert.Equal(("stale_backlog", 2), (paused.Fields.Map("sendPaused")!.Text("reason"), paused.Fields.Map("sendPaused")!.Integer("count")));
        Assert.False(accounts.MaySend(accounts.Find(id)!));

        // An operator resumes it: what waited goes out, and nobody is asked again.
        await worker.CommitAsync([DocumentWrite.Update(paused.Path, Precondition.Present, [], ["sendPaused"])]);
        accounts.Learn(Account.Read((await worker.FindAsync(paused.Path))!));
        Assert.True(accounts.MaySend(accounts.Find(id)!));
        Assert.False(StaleBacklog.IsStale(accounts.Find(id)!, head, TimeSpan.FromTicks(10)));
        await backlog.AskAsync(head, CancellationToken.None);
        Assert.True(accounts.MaySend(accounts.Find(id)!));
    }

    [Fact]
    public async Task a_backlog_asks_although_its_account_came_back_while_no_worker_ran()
    {
        var id = $"account-{Guid.NewGuid():n}";
        var head = await OfAccountAsync(id);
        var returned = head.OrderAt!.Value.AddHours(3);
        await worker.CommitAsync([DocumentWrite.Set(
            FirestorePaths.Account(id), new DocumentFields { ["status"] = "connected", ["lastConnectedAt"] = returned })]);
        var accounts = worker.Worker.GetRequiredService<AccountDirectory>();

        Assert.True(await accounts.LookUpAsync(id, CancellationToken.None));

        Assert.True(StaleBacklog.IsStale(accounts.Find(id)!, head, TimeSpan.FromHours(2)));
        Assert.False(StaleBacklog.IsStale(accounts.Find(id)!, head, TimeSpan.FromHours(4)));
        Assert.False(StaleBacklog.IsStale(accounts.Find(id)! with { StaleAskedAt = returned.AddHours(1) }, head, TimeSpan.FromHours(2)));
    }

    [Fact]
    public async Task an_account_that_is_not_there_is_looked_for_less_and_less_often()
    {
        var (id, time, options) = ($"account-{Guid.NewGuid():n}", new ManualTime(), new AccountOptions());
        var accounts = new AccountDirectory(
            worker.Worker.GetRequiredService<IFirestore>(), worker.Worker.GetRequiredService<ServerClock>(), Options.Create(options), time);
        await accounts.LookUpAsync(id, CancellationToken.None);
        time.Advance(options.UnknownRecheck);
        await accounts.LookUpAsync(id, CancellationToken.None);
        await worker.CommitAsync([DocumentWrite.Set(FirestorePaths.Account(id), new DocumentFields { ["status"] = "connected" })]);

        time.Advance(options.UnknownRecheck);
        Assert.False(await accounts.LookUpAsync(id, CancellationToken.None));
        time.Advance(options.UnknownRecheck);
        Assert.True(await accounts.LookUpAsync(id, CancellationToken.None));
    }

    [Fact]
    public async Task what_was_scheduled_is_the_threads_last_word_only_when_it_goes_out()
    {
        var message = await worker.QueueAsync();
        await worker.CommitAsync([DocumentWrite.Set(FirestorePaths.Thread(message.ThreadId!), new DocumentFields { ["lastMessageAtMs"] = 1L })]);
        await ChangeAsync(message, OutboxFields.SendAt, message.OrderAt!.Value);

        await worker.RecordAsync(await worker.ClaimAsync(await worker.ReadAsync(message.RequestId)), new SendOutcome.Accepted("wamid.1"));

        var thread = (await worker.FindAsync(FirestorePaths.Thread(message.ThreadId!)))!.Fields;
        Assert.Equal((message.Body, "outbound"), (thread.Text(ThreadFields.LastMessagePreview), thread.Text(ThreadFields.LastMessageDirection)));
        Assert.Equal(message.OrderAt.Value.ToUnixTimeMilliseconds(), thread.Integer(ThreadFields.LastMessageAtMs));
        Assert.NotNull(thread.Timestamp(ThreadFields.LastMessageAt));
    }

    private async Task<OutboxDocument> FailedAsync(string? threadId = null)
    {
        var message = await worker.QueueAsync(threadId);
        await worker.RecordAsync(await worker.ClaimAsync(message), new SendOutcome.Rejected(_refused));
        return await worker.ReadAsync(message.RequestId);
    }

    private async Task<OutboxDocument> ExpiredAsync(string? threadId = null)
    {
        var message = await worker.QueueAsync(threadId);
        await ChangeAsync(message, OutboxFields.ExpiresAt, message.OrderAt!.Value);
        return await worker.ReadAsync(message.RequestId);
    }

    private async Task<OutboxDocument> OfAccountAsync(string accountId)
    {
        var message = await worker.QueueAsync();
        await ChangeAsync(message, OutboxFields.AccountId, accountId);
        return await worker.ReadAsync(message.RequestId);
    }

    private Task ChangeAsync(OutboxDocument message, string field, FirestoreValue value) =>
        worker.CommitAsync([DocumentWrite.Update(message.Path, Precondition.Present, new DocumentFields { [field] = value })]);
}

[Collection(WorkerCollection.Name)]
public sealed class LetterTests(WorkerUnderTest worker) : LetterContract(worker);
