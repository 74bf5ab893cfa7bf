using System.Text.Json;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

public sealed class CommitBatcherTests
{
    [Fact]
    public async Task a_member_that_comes_alone_goes_at_once()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.CommitAsync());
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.IsType<CommitOutcome.Committed>(await firestore.Batcher.CommitAsync(Member("outbox/a"), CancellationToken.None));
    }

    [Fact]
    public async Task members_gather_while_a_commit_is_on_its_way_and_get_their_own_update_times_back()
    {
        var line = new HeldLine();
        await using var server = await ScriptedFirestore.StartAsync(line.CommitAsync);
        using var firestore = new FirestoreUnderTest(server.Url);
        var first = firestore.Batcher.CommitAsync(Member("outbox/first"), CancellationToken.None);
        await line.FirstArrived;

        var b = firestore.Batcher.CommitAsync(Member("outbox/b", "threads/z"), CancellationToken.None);
        var a = firestore.Batcher.CommitAsync(Member("outbox/a", "threads/c"), CancellationToken.None);
        line.Release();
        await Task.WhenAll(first, a, b);

        // Sorted by name: outbox/a, outbox/b, threads/c, threads/z; the server's update times count up in that order.
        Assert.Equal(["outbox/a", "outbox/b", "threads/c", "threads/z"], server.Calls.Last().WrittenPaths);
        Assert.Equal([1, 3], Microseconds(await b));
        Assert.Equal([0, 2], Microseconds(await a));
        Assert.Equal(2, server.Calls.Count);
    }

    [Fact]
    public async Task members_that_share_a_document_travel_one_after_the_other_in_their_order()
    {
        var line = new HeldLine();
        await using var server = await ScriptedFirestore.StartAsync(line.CommitAsync);
        using var firestore = new FirestoreUnderTest(server.Url);
        var first = firestore.Batcher.CommitAsync(Member("outbox/first"), CancellationToken.None);
        await line.FirstArrived;

        Task[] rest =
        [
            firestore.Batcher.CommitAsync(Member("outbox/a", "threads/t"), CancellationToken.None),
            firestore.Batcher.CommitAsync(Member("outbox/b", "threads/t"), CancellationToken.None),
            firestore.Batcher.CommitAsync(Member("outbox/b", "outbox/free"), CancellationToken.None),
            firestore.Batcher.CommitAsync(Member("outbox/c"), CancellationToken.None),
        ];
        line.Release();
        await Task.WhenAll([first, .. rest]);

        Assert.Equal(
            ["outbox/first", "outbox/a outbox/c threads/t", "outbox/b threads/t", "outbox/b outbox/free"],
            server.Calls.Select(call => string.Join(' ', call.WrittenPaths)));
    }

    [Theory]
    [InlineData(3, int.MaxValue)]
    [InlineData(100, 1200)]
    public async Task a_batch_keeps_to_its_limits(int members, int bytes)
    {
        var line = new HeldLine();
        await using var server = await ScriptedFirestore.StartAsync(line.CommitAsync);
        using var firestore = new FirestoreUnderTest(server.Url, options => (options.BatchMembers, options.BatchBytes) = (members, bytes));
        var first = firestore.Batcher.CommitAsync(Member("outbox/first"), CancellationToken.None);
        await line.FirstArrived;

        var rest = Enumerable.Range(0, 6).Select(i => firestore.Batcher.CommitAsync(Member($"outbox/{i}"), CancellationToken.None)).ToArray();
        line.Release();
        await Task.WhenAll([first, .. rest]);

        Assert.Equal([1, 3, 3], server.Calls.Select(call => call.WrittenPaths.Length));
    }

    [Fact]
    public async Task a_refusal_reaches_only_the_member_that_caused_it()
    {
        var line = new HeldLine(call => call.WrittenPaths.Contains("outbox/bad") ? call.FailAsync(409, "ALREADY_EXISTS") : call.CommitAsync());
        await using var server = await ScriptedFirestore.StartAsync(line.CommitAsync);
        using var firestore = new FirestoreUnderTest(server.Url);
        var first = firestore.Batcher.CommitAsync(Member("outbox/first"), CancellationToken.None);
        await line.FirstArrived;

        var good = Enumerable.Range(0, 7).Select(i => firestore.Batcher.CommitAsync(Member($"outbox/{i}"), CancellationToken.None)).ToArray();
        var bad = firestore.Batcher.CommitAsync(Member("outbox/bad"), CancellationToken.None);
        line.Release();

        Assert.Equal(FirestoreStatus.AlreadyExists, Assert.IsType<CommitOutcome.Refused>(await bad).Status);
        Assert.All(await Task.WhenAll(good), outcome => Assert.IsType<CommitOutcome.Committed>(outcome));
        Assert.IsType<CommitOutcome.Committed>(await first);
    }

    [Fact]
    public async Task contention_is_tried_again()
    {
        await using var server = await ScriptedFirestore.StartAsync(
            call => call.Number < 3 ? call.FailAsync(409, "ABORTED") : call.CommitAsync());
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.IsType<CommitOutcome.Committed>(await firestore.Batcher.CommitAsync(Member("outbox/a"), CancellationToken.None));
        Assert.Equal(3, server.Calls.Count);
    }

    [Fact]
    public async Task endless_contention_is_a_refusal_in_the_end()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.FailAsync(409, "ABORTED"));
        using var firestore = new FirestoreUnderTest(server.Url, options => options.AbortedRetries = 2);

        var outcome = await firestore.Batcher.CommitAsync(Member("outbox/a"), CancellationToken.None);

        Assert.Equal(FirestoreStatus.Aborted, Assert.IsType<CommitOutcome.Refused>(outcome).Status);
        Assert.Equal(3, server.Calls.Count);
    }

    [Fact]
    public async Task a_lost_reply_is_read_back_member_by_member()
    {
        var line = new HeldLine(call => call.Method == "batchGet" ? AnswerFound(call, "outbox/mine") : call.FailAsync(503, "UNAVAILABLE"));
        await using var server = await ScriptedFirestore.StartAsync(line.CommitAsync);
        using var firestore = new FirestoreUnderTest(server.Url);
        var first = firestore.Batcher.CommitAsync(Member("outbox/first"), CancellationToken.None);
        await line.FirstArrived;

        var mine = firestore.Batcher.CommitAsync(Member("outbox/mine", "threads/t"), CancellationToken.None);
        var other = firestore.Batcher.CommitAsync(Member("outbox/other"), CancellationToken.None);
        line.Release();

        Assert.IsType<CommitOutcome.Committed>(await first);
        Assert.IsType<CommitOutcome.Lost>(await other);
        var committed = Assert.IsType<CommitOutcome.Committed>(await mine);
        Assert.Equal([DateTimeOffset.Parse("2026-01-31T12:00:07Z"), DateTimeOffset.Parse("2026-01-31T12:00:07Z")], committed.UpdateTimes);
        Assert.Equal(["commit", "commit", "batchGet"], server.Calls.Select(call => call.Method));
    }

    [Fact]
    public async Task a_document_of_somebody_else_does_not_pass_for_ours()
    {
        await using var server = await ScriptedFirestore.StartAsync(
            call => call.Method == "batchGet" ? AnswerFound(call, "outbox/a") : call.FailAsync(503, "UNAVAILABLE"));
        using var firestore = new FirestoreUnderTest(server.Url);
        var member = Member("outbox/a") with { IsApplied = document => document?.Fields.Text("enqueueId") == "mine" };

        Assert.IsType<CommitOutcome.Lost>(await firestore.Batcher.CommitAsync(member, CancellationToken.None));
    }

    [Fact]
    public async Task what_cannot_be_read_back_stays_lost()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.FailAsync(503, "UNAVAILABLE"));
        using var firestore = new FirestoreUnderTest(server.Url, options => options.ReadTimeout = TimeSpan.FromMilliseconds(200));

        Assert.IsType<CommitOutcome.Lost>(await firestore.Batcher.CommitAsync(Member("outbox/a"), CancellationToken.None));
    }

    [Fact]
    public async Task a_waiter_that_no_batch_has_taken_may_leave_and_is_never_written()
    {
        var line = new HeldLine();
        using var cancellation = new CancellationTokenSource();
        await using var server = await ScriptedFirestore.StartAsync(line.CommitAsync);
        using var firestore = new FirestoreUnderTest(server.Url);
        var first = firestore.Batcher.CommitAsync(Member("outbox/first"), CancellationToken.None);
        await line.FirstArrived;
        var leaving = firestore.Batcher.CommitAsync(Member("outbox/leaving"), cancellation.Token);
        var staying = firestore.Batcher.CommitAsync(Member("outbox/staying"), CancellationToken.None);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        line.Release();
        await Task.WhenAll(first, staying);

        Assert.Equal(["outbox/first", "outbox/staying"], server.Calls.SelectMany(call => call.WrittenPaths));
    }

    [Fact]
    public async Task a_waiter_in_a_batch_hears_its_outcome_even_if_it_cancels()
    {
        var line = new HeldLine();
        using var cancellation = new CancellationTokenSource();
        await using var server = await ScriptedFirestore.StartAsync(line.CommitAsync);
        using var firestore = new FirestoreUnderTest(server.Url);
        var first = firestore.Batcher.CommitAsync(Member("outbox/first"), cancellation.Token);
        await line.FirstArrived;

        await cancellation.CancelAsync();
        line.Release();

        Assert.IsType<CommitOutcome.Committed>(await first);
    }

    [Fact]
    public async Task above_the_bound_a_caller_waits_outside_and_may_still_leave()
    {
        var line = new HeldLine();
        using var cancellation = new CancellationTokenSource();
        await using var server = await ScriptedFirestore.StartAsync(line.CommitAsync);
        using var firestore = new FirestoreUnderTest(server.Url, options => options.PendingMax = 1);
        var first = firestore.Batcher.CommitAsync(Member("outbox/first"), CancellationToken.None);
        await line.FirstArrived;
        var pending = firestore.Batcher.CommitAsync(Member("outbox/pending"), CancellationToken.None);
        var outside = firestore.Batcher.CommitAsync(Member("outbox/outside"), cancellation.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outside);
        line.Release();
        await Task.WhenAll(first, pending);

        Assert.Equal(2, server.Calls.Count);
    }

    [Fact]
    public async Task two_lines_carry_disjoint_documents_at_once_and_common_ones_in_turn()
    {
        var line = new HeldLine();
        await using var server = await ScriptedFirestore.StartAsync(line.CommitAsync);
        using var firestore = new FirestoreUnderTest(server.Url, options => options.BatchLines = 2);
        var first = firestore.Batcher.CommitAsync(Member("outbox/first", "threads/t"), CancellationToken.None);
        await line.FirstArrived;

        var behind = firestore.Batcher.CommitAsync(Member("outbox/behind", "threads/t"), CancellationToken.None);
        await firestore.Batcher.CommitAsync(Member("outbox/beside"), CancellationToken.None);
        Assert.False(first.IsCompleted);
        Assert.False(behind.IsCompleted);
        line.Release();
        await Task.WhenAll(first, behind);

        Assert.Equal(3, server.Calls.Count);
    }

    [Fact]
    public async Task each_member_counts_under_its_own_purpose_and_a_mixed_batch_is_one_call()
    {
        var line = new HeldLine();
        await using var server = await ScriptedFirestore.StartAsync(line.CommitAsync);
        using var firestore = new FirestoreUnderTest(server.Url);
        var first = firestore.Batcher.CommitAsync(Member("outbox/first"), CancellationToken.None);
        await line.FirstArrived;
        var claim = firestore.Batcher.CommitAsync(Member("outbox/a") with { Purpose = "claim" }, CancellationToken.None);
        var record = firestore.Batcher.CommitAsync(Member("outbox/b", "threads/t") with { Purpose = "record" }, CancellationToken.None);
        line.Release();
        await Task.WhenAll(first, claim, record);

        var cost = firestore.Cost.Snapshot();
        Assert.Equal((1, 2, 1), (cost[("write", "claim")], cost[("write", "record")], cost[("rpc", "batch")]));
    }

    [Fact]
    public async Task many_callers_at_once_are_all_served_and_share_calls()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.CommitAsync());
        using var firestore = new FirestoreUnderTest(server.Url);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 2000).Select(
            i => firestore.Batcher.CommitAsync(Member($"outbox/{i}", $"threads/{i % 500}"), CancellationToken.None)));

        Assert.All(outcomes, outcome => Assert.IsType<CommitOutcome.Committed>(outcome));
        Assert.Equal(4000, server.Calls.Sum(call => call.WrittenPaths.Length));
        Assert.All(server.Calls, call => Assert.Equal(call.WrittenPaths.Length, call.WrittenPaths.Distinct().Count()));
        Assert.True(server.Calls.Count < 200, $"{server.Calls.Count} calls");
    }

    private static CommitMember Member(params string[] paths) =>
        new([.. paths.Select(FirestoreUnderTest.Create)], "test", paths[0], document => document is not null);

    private static IEnumerable<int> Microseconds(CommitOutcome outcome) =>
        Assert.IsType<CommitOutcome.Committed>(outcome).UpdateTimes.Select(time => time!.Value.Microsecond);

    private static Task AnswerFound(ScriptedFirestore.Call call, string path) => call.AnswerAsync(JsonSerializer.Serialize(new object[]
    {
        new
        {
            found = new
            {
                name = $"projects/demo-test/databases/(default)/documents/{path}",
                fields = new { },
                createTime = "2026-01-31T12:00:07Z",
                updateTime = "2026-01-31T12:00:07Z",
            },
            readTime = "2026-01-31T12:00:08Z",
        },
    }));

    /// <summary>Holds the first commit until the test lets go; what follows is answered by the script.</summary>
    private sealed class HeldLine(Func<ScriptedFirestore.Call, Task>? script = null)
    {
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task FirstArrived => _arrived.Task;

        public void Release() => _released.SetResult();

        public async Task CommitAsync(ScriptedFirestore.Call call)
        {
            if (call.Number > 1)
            {
                await (script?.Invoke(call) ?? call.CommitAsync());
                return;
            }
            _arrived.SetResult();
            await _released.Task;
            await call.CommitAsync();
        }
    }
}
