using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using WaAspire.FirebaseEmulator;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

/// <summary>Client and stand-in were written from the same documentation by different people: here they meet.</summary>
public sealed class EmulatorAgreementTests : IAsyncLifetime
{
    private static int _count;
    private WebApplication _emulator = null!;
    private HttpClient _switches = null!;
    private FirestoreUnderTest _firestore = null!;

    private IFirestore Client => _firestore.Client;

    public async Task InitializeAsync()
    {
        _emulator = EmulatorHost.Create(["--urls", "http://127.0.0.1:0", "--FIREBASE_PROJECT_ID", "demo-test", "--Logging:LogLevel:Default", "None"]);
        await _emulator.StartAsync();
        _switches = new HttpClient { BaseAddress = new Uri(_emulator.Urls.Single()) };
        _firestore = new FirestoreUnderTest(_switches.BaseAddress);
    }

    public async Task DisposeAsync()
    {
        _firestore.Dispose();
        _switches.Dispose();
        await _emulator.DisposeAsync();
    }

    [Fact]
    public async Task what_is_created_is_read_back_with_the_same_times_and_values()
    {
        var path = Path("outbox");
        var fields = new DocumentFields
        {
            ["text"] = "țară 😀 \"quoted\"\n",
            ["a.b`c\\"] = "a name that needs quoting",
            ["number"] = long.MaxValue,
            ["at"] = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero).AddTicks(1234560),
            ["yes"] = true,
            ["nothing"] = FirestoreValue.Null,
            ["list"] = FirestoreValue.From(["a", "b"]),
            ["map"] = FirestoreValue.From(new DocumentFields { ["inner"] = FirestoreValue.From(1.5) }),
            ["empty"] = FirestoreValue.From(new DocumentFields()),
        };

        var committed = await CommitAsync(DocumentWrite.Create(path, fields, FieldTransform.RequestTime("createdAt")));
        var stored = await GetAsync(path);

        Assert.Equal(committed.UpdateTimes.Single(), stored.UpdateTime);
        Assert.Equal(committed.CommitTime, stored.CreateTime);
        var createdAt = stored.Fields.Timestamp("createdAt")!.Value;
        Assert.InRange(committed.CommitTime - createdAt, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        stored.Fields.Remove("createdAt");
        Assert.Equal(FirestoreValue.From(fields), FirestoreValue.From(stored.Fields));
    }

    [Fact]
    public async Task an_update_changes_what_it_names_and_deletes_what_it_is_told_to()
    {
        var path = Path("outbox");
        var created = await CommitAsync(DocumentWrite.Create(path, new DocumentFields { ["a"] = 1, ["b"] = 2, ["c d"] = 3, ["n"] = 5 }));

        var updated = await CommitAsync(DocumentWrite.Update(
            path, Precondition.UnchangedSince(created.UpdateTimes[0]!.Value), new DocumentFields { ["a"] = 10 }, ["c d"],
            FieldTransform.Increment("n", 2), FieldTransform.Maximum("m", 7)));

        var stored = await GetAsync(path);
        Assert.Equal((10L, 2L, 7L, 7L), (stored.Fields.Integer("a"), stored.Fields.Integer("b"), stored.Fields.Integer("n"), stored.Fields.Integer("m")));
        Assert.False(stored.Fields.ContainsKey("c d"));
        Assert.Equal(updated.UpdateTimes[0], stored.UpdateTime);
        Assert.True(stored.UpdateTime > created.UpdateTimes[0]);
    }

    [Fact]
    public async Task refusals_have_the_names_that_the_product_decides_by()
    {
        var path = Path("outbox");
        var created = await CommitAsync(FirestoreUnderTest.Create(path));
        await CommitAsync(DocumentWrite.Set(path, new DocumentFields { ["text"] = "changed" }));

        Assert.Equal(FirestoreStatus.AlreadyExists, await RefusalAsync(FirestoreUnderTest.Create(path)));
        Assert.Equal(
            FirestoreStatus.FailedPrecondition,
            await RefusalAsync(DocumentWrite.Update(path, Precondition.UnchangedSince(created.UpdateTimes[0]!.Value), new DocumentFields { ["a"] = 1 })));
        Assert.Equal(FirestoreStatus.NotFound, await RefusalAsync(DocumentWrite.Update(Path("outbox"), Precondition.Present, new DocumentFields { ["a"] = 1 })));
        Assert.Equal(FirestoreStatus.InvalidArgument, await RefusalAsync(DocumentWrite.Set("outbox/__reserved__", [])));
    }

    [Fact]
    public async Task one_refused_write_refuses_the_whole_commit()
    {
        var (first, second) = (Path("outbox"), Path("outbox"));
        await CommitAsync(FirestoreUnderTest.Create(second));

        Assert.Equal(FirestoreStatus.AlreadyExists, await RefusalAsync(FirestoreUnderTest.Create(first), FirestoreUnderTest.Create(second)));
        Assert.Empty((await Client.GetAsync([first], "test", CancellationToken.None)).Documents);
    }

    [Fact]
    public async Task a_query_pages_through_a_collection_below_a_document_in_both_directions()
    {
        var parent = "threads/acc 1__40712345678@s.whatsapp.net";
        await CommitAsync([.. Enumerable.Range(0, 7).Select(i => DocumentWrite.Create($"{parent}/messages/m{i}", new DocumentFields { ["n"] = i / 2, ["kind"] = i % 2 == 0 ? "even" : "odd" }))]);

        foreach (var descending in new[] { false, true })
        {
            var query = new DocumentQuery($"{parent}/messages") { OrderBy = [new FieldOrder("n", descending)], Limit = 2 };
            var seen = new List<string>();
            while ((await Client.QueryAsync(query, "test", CancellationToken.None)).Documents is { Count: > 0 } page)
            {
                seen.AddRange(page.Select(document => document.Id));
                query = query with { StartAfter = [page[^1].Fields["n"]], StartAfterPath = page[^1].Path };
            }

            var inOrder = Enumerable.Range(0, 7).Select(i => $"m{i}");
            Assert.Equal(descending ? inOrder.Reverse() : inOrder, seen);
        }
        Assert.Equal(4, await Client.CountAsync(new DocumentQuery($"{parent}/messages") { Where = [FieldFilter.Equal("kind", "even")] }, "test", CancellationToken.None));
        Assert.Equal(0, await Client.CountAsync(new DocumentQuery("nothing"), "test", CancellationToken.None));
    }

    [Fact]
    public async Task a_claim_whose_reply_is_lost_is_known_again_by_its_claim_id()
    {
        var path = Path("outbox");
        var created = await CommitAsync(FirestoreUnderTest.Create(path));
        await FaultsAsync(new { lostReplies = new[] { new { operation = "commit", contains = path } } });

        var outcome = await _firestore.Batcher.CommitAsync(Claim(path, created.UpdateTimes[0]!.Value, "mine"), CancellationToken.None);

        var committed = Assert.IsType<CommitOutcome.Committed>(outcome);
        var stored = await GetAsync(path);
        Assert.Equal(stored.UpdateTime, committed.UpdateTimes.Single());
        Assert.Equal("mine", stored.Fields.Text("claimId"));
    }

    [Fact]
    public async Task a_claim_that_never_arrived_stays_lost_and_one_that_came_too_late_is_refused()
    {
        var path = Path("outbox");
        var created = await CommitAsync(FirestoreUnderTest.Create(path));
        var fence = created.UpdateTimes[0]!.Value;
        await FaultsAsync(new { lostReplies = new[] { new { operation = "commit", contains = "\"lost\"", beforeApply = true } } });

        Assert.IsType<CommitOutcome.Lost>(await _firestore.Batcher.CommitAsync(Claim(path, fence, "lost"), CancellationToken.None));
        Assert.IsType<CommitOutcome.Committed>(await _firestore.Batcher.CommitAsync(Claim(path, fence, "winner"), CancellationToken.None));
        var late = Assert.IsType<CommitOutcome.Refused>(await _firestore.Batcher.CommitAsync(Claim(path, fence, "late"), CancellationToken.None));
        Assert.Equal(FirestoreStatus.FailedPrecondition, late.Status);
    }

    [Fact]
    public async Task of_many_claims_in_shared_batches_each_message_has_one_winner()
    {
        var paths = Enumerable.Range(0, 30).Select(_ => Path("outbox")).ToArray();
        var created = await CommitAsync([.. paths.Select(FirestoreUnderTest.Create)]);
        using var rival = new FirestoreUnderTest(_switches.BaseAddress!);

        var outcomes = await Task.WhenAll(paths.SelectMany((path, i) => new[] { (_firestore, "a"), (rival, "b") }.Select(async worker =>
            (Path: path, Worker: worker.Item2, Outcome: await worker.Item1.Batcher.CommitAsync(Claim(path, created.UpdateTimes[i]!.Value, worker.Item2), CancellationToken.None)))));

        foreach (var contest in outcomes.GroupBy(outcome => outcome.Path))
        {
            var winner = Assert.Single(contest, claim => claim.Outcome is CommitOutcome.Committed);
            Assert.Equal(winner.Worker, (await GetAsync(contest.Key)).Fields.Text("claimId"));
            Assert.All(contest, claim => Assert.True(claim == winner || claim.Outcome is CommitOutcome.Refused { Status: FirestoreStatus.FailedPrecondition }));
        }
    }

    private static string Path(string collection) => $"{collection}/{Interlocked.Increment(ref _count)}";

    private static CommitMember Claim(string path, DateTimeOffset fence, string claimId) => new(
        [DocumentWrite.Update(path, Precondition.UnchangedSince(fence), new DocumentFields { ["claimId"] = claimId })],
        "claim",
        path,
        document => document?.Fields.Text("claimId") == claimId);

    private async Task<CommitOutcome.Committed> CommitAsync(params DocumentWrite[] writes) =>
        Assert.IsType<CommitOutcome.Committed>(await Client.CommitAsync(writes, "test", CancellationToken.None));

    private async Task<FirestoreStatus> RefusalAsync(params DocumentWrite[] writes) =>
        Assert.IsType<CommitOutcome.Refused>(await Client.CommitAsync(writes, "test", CancellationToken.None)).Status;

    private async Task<StoredDocument> GetAsync(string path) => (await Client.GetAsync([path], "test", CancellationToken.None)).Find(path)!;

    private async Task FaultsAsync(object faults)
    {
        using var response = await _switches.PutAsJsonAsync("/emulator/v1/faults", faults);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }
}
