using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Sending;

/// <summary>What sending takes for granted about the store: the real client over the emulator shows it, and so must whatever stands in for it.</summary>
public abstract class StoreContract(OutboxWorld world)
{
    private static int _count;

    private readonly int _number = Interlocked.Increment(ref _count) + 1_000_000;

    private string Own => $"contract{_number}";

    private IFirestore Store => world.Worker.GetRequiredService<IFirestore>();

    [Fact]
    public async Task times_rise_and_the_servers_time_of_a_commit_is_one_and_never_later()
    {
        var first = await CommittedAsync(DocumentWrite.Create(Path("a"), [], FieldTransform.RequestTime("at")), DocumentWrite.Create(Path("b"), [], FieldTransform.RequestTime("at")));
        var second = await CommittedAsync(DocumentWrite.Create(Path("c"), []));
        var read = await Store.GetAsync([Path("a"), Path("b"), Path("none")], "test", CancellationToken.None);

        Assert.True(second.CommitTime > first.CommitTime && read.ReadTime >= second.CommitTime);
        Assert.Equal(2, read.Documents.Count);
        var at = Assert.Single(read.Documents.Select(document => document.Fields.Timestamp("at")).Distinct())!.Value;
        Assert.True(at <= first.CommitTime && at.Ticks % TimeSpan.TicksPerMillisecond == 0);
        Assert.All(read.Documents, document => Assert.Equal((first.CommitTime, first.CommitTime), (document.CreateTime, document.UpdateTime)));
    }

    [Fact]
    public async Task a_write_that_changes_nothing_keeps_the_update_time_and_any_other_moves_it()
    {
        var created = await CommittedAsync(DocumentWrite.Create(Path("a"), new DocumentFields { ["text"] = "hello" }));
        var same = await CommittedAsync(DocumentWrite.Update(Path("a"), Precondition.Present, new DocumentFields { ["text"] = "hello" }));
        var other = await CommittedAsync(DocumentWrite.Update(Path("a"), Precondition.Present, new DocumentFields { ["more"] = 1L }));

        Assert.Equal(created.UpdateTimes[0], same.UpdateTimes[0]);
        Assert.True(other.UpdateTimes[0] > created.UpdateTimes[0]);
        Assert.Equal(created.CommitTime, (await FindAsync("a"))!.CreateTime);
    }

    [Fact]
    public async Task preconditions_refuse_with_theirOwn_words_and_then_nothing_of_the_commit_is_applied()
    {
        var created = await CommittedAsync(DocumentWrite.Create(Path("a"), new DocumentFields { ["text"] = "hello" }));
        var old = Precondition.UnchangedSince(created.CommitTime);
        await CommittedAsync(DocumentWrite.Update(Path("a"), old, new DocumentFields { ["text"] = "changed" }));

        Assert.Equal(FirestoreStatus.AlreadyExists, await RefusedAsync(DocumentWrite.Create(Path("a"), [])));
        Assert.Equal(FirestoreStatus.NotFound, await RefusedAsync(DocumentWrite.Update(Path("b"), Precondition.Present, [])));
        Assert.Equal(FirestoreStatus.FailedPrecondition, await RefusedAsync(DocumentWrite.Update(Path("a"), old, new DocumentFields { ["text"] = "late" })));
        Assert.Equal(FirestoreStatus.FailedPrecondition, await RefusedAsync(DocumentWrite.Update(Path("b"), old, [])));
        Assert.Equal(FirestoreStatus.FailedPrecondition, await RefusedAsync(DocumentWrite.Delete(Path("a"), old)));

        Assert.Equal("changed", (await FindAsync("a"))!.Fields.Text("text"));
        Assert.Null(await FindAsync("side"));
    }

    [Fact]
    public async Task a_masked_update_touches_its_fields_only_and_transforms_are_computed_there()
    {
        await CommittedAsync(DocumentWrite.Create(Path("a"), new DocumentFields { ["kept"] = "k", ["gone"] = "g", ["count"] = 3L, ["high"] = 5L }));
        await CommittedAsync(DocumentWrite.Update(
            Path("a"), Precondition.Present, new DocumentFields { ["new"] = true }, ["gone"],
            FieldTransform.Increment("count", 2), FieldTransform.Maximum("high", 4L), FieldTransform.Maximum("first", 7L), FieldTransform.Increment("begun", 1)));
        var fields = (await FindAsync("a"))!.Fields;

        Assert.Equal(("k", 5L, 5L, 7L, 1L), (fields.Text("kept"), fields.Integer("count"), fields.Integer("high"), fields.Integer("first"), fields.Integer("begun")));
        Assert.True(fields.Boolean("new"));
        Assert.False(fields.ContainsKey("gone"));

        await CommittedAsync(DocumentWrite.Set(Path("a"), new DocumentFields { ["only"] = FirestoreValue.Null }));
        Assert.Equal("only", Assert.Single((await FindAsync("a"))!.Fields).Key);
        await CommittedAsync(DocumentWrite.Delete(Path("a")));
        Assert.Null(await FindAsync("a"));
    }

    [Fact]
    public async Task a_query_finds_in_order_what_has_the_fields_and_goes_on_behind_a_cursor()
    {
        for (var i = 0; i < 12; i++)
        {
            await CommittedAsync(DocumentWrite.Create(Path($"d{i:d2}"), new DocumentFields(i == 5 ? [] : [new("orderAt", (long)(i / 3)), new("nextAttemptAt", (long)(i / 3))])
            {
                ["threadId"] = Own,
                ["shard"] = (long)_number,
                ["status"] = i % 2 == 0 ? "queued" : "sent",
            }));
        }

        var heads = new DocumentQuery("outbox")
        {
            Where = [FieldFilter.In("threadId", [FirestoreValue.From(Own)]), FieldFilter.In("status", [FirestoreValue.From("queued"), FirestoreValue.From("sent")])],
            OrderBy = [new FieldOrder("orderAt")],
        };
        Assert.Equal("00 01 02 03 04 06 07 08 09 10 11", await NumbersAsync(heads));
        Assert.Equal("00 01 02 03", await NumbersAsync(heads with { Limit = 4 }));
        Assert.Equal("04 06 07 08", await NumbersAsync(heads with { Limit = 4, StartAfter = [1L], StartAfterPath = Path("d03") }));
        Assert.Equal("06 07 08 09 10 11", await NumbersAsync(heads with { StartAfter = [1L] }));
        Assert.Equal("00 02 04 06 08 10", await NumbersAsync(heads with { Where = [heads.Where[0], FieldFilter.In("status", [FirestoreValue.From("queued")])] }));
        var sweep = new DocumentQuery("outbox")
        {
            Where = [FieldFilter.Equal("shard", (long)_number), new FieldFilter("nextAttemptAt", FilterOperator.GreaterThan, 0L), new FieldFilter("nextAttemptAt", FilterOperator.LessThanOrEqual, 2L)],
            OrderBy = [new FieldOrder("nextAttemptAt")],
        };
        Assert.Equal("03 04 06 07 08", await NumbersAsync(sweep));
        Assert.Equal("", await NumbersAsync(sweep with { Where = [sweep.Where[0], new FieldFilter("nextAttemptAt", FilterOperator.GreaterThan, "text")] }));
        Assert.Equal("04 05", await NumbersAsync(new DocumentQuery("outbox") { Where = [FieldFilter.Equal("threadId", Own)], StartAfterPath = Path("d03"), Limit = 2 }));
    }

    private string Path(string id) => $"outbox/{Own}{id}";

    private async Task<StoredDocument?> FindAsync(string id) => (await Store.GetAsync([Path(id)], "test", CancellationToken.None)).Find(Path(id));

    private async Task<CommitOutcome.Committed> CommittedAsync(params DocumentWrite[] writes) =>
        Assert.IsType<CommitOutcome.Committed>(await Store.CommitAsync(writes, "test", CancellationToken.None));

    private async Task<FirestoreStatus> RefusedAsync(DocumentWrite write) =>
        Assert.IsType<CommitOutcome.Refused>(await Store.CommitAsync([DocumentWrite.Set(Path("side"), []), write], "test", CancellationToken.None)).Status;

    private async Task<string> NumbersAsync(DocumentQuery query) =>
        string.Join(' ', (await Store.QueryAsync(query, "test", CancellationToken.None)).Documents.Select(document => document.Id[^2..]));
}

[Collection(WorkerCollection.Name)]
public sealed class StoreTests(WorkerUnderTest worker) : StoreContract(worker);
