using System.Diagnostics;

namespace WaAspire.Tests.FirebaseEmulator.Locking;

/// <summary>What was seen on the real service, step by step. "Waits" means: still unanswered after a moment, and answered after its cause is gone.</summary>
public sealed class IsolationTests(EmulatorFixture emulator) : IClassFixture<EmulatorFixture>
{
    private static readonly TimeSpan _moment = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly EmulatorClient _client = emulator.Client();

    [Fact]
    public async Task a_plain_write_waits_for_a_reader_and_lands_after_it()
    {
        await _client.SetAsync("c/d", """ "n":{"integerValue":"1"} """);
        var reader = await ReadAsync("c/d");
        var write = SetAsync("c/d", "2");
        await WaitsAsync(write);
        Assert.Equal("1", await ValueAsync("c/d"));
        (await CommitAsync(reader)).Ok();
        (await write.WaitAsync(_patience)).Ok();
        Assert.Equal("2", await ValueAsync("c/d"));
    }

    [Fact]
    public async Task of_two_readers_that_write_the_waiting_one_is_aborted_and_its_retry_succeeds()
    {
        await _client.SetAsync("c/d", """ "n":{"integerValue":"0"} """);
        var (a, b) = (await ReadAsync("c/d"), await ReadAsync("c/d"));
        var waiting = CommitAsync(b, Set("c/d", "2"));
        await WaitsAsync(waiting);
        (await CommitAsync(a, Set("c/d", "1"))).Ok();
        Assert.Equal("409 ABORTED", (await waiting.WaitAsync(_patience)).Refusal);
        Assert.Equal("1", await ValueAsync("c/d"));

        (await _client.PostAsync(":rollback", $$"""{"transaction":"{{b}}"}""")).Ok();
        var retry = (await _client.PostAsync(":batchGet", $$"""{"documents":["…/c/d"],"newTransaction":{"readWrite":{"retryTransaction":"{{b}}"} } }""")).Ok().Json;
        (await CommitAsync(retry[0].GetProperty("transaction").GetString()!, Set("c/d", "2"))).Ok();
        Assert.Equal("2", await ValueAsync("c/d"));
    }

    [Fact]
    public async Task a_waiting_writer_succeeds_when_the_other_only_read()
    {
        await _client.SetAsync("c/d", """ "n":{"integerValue":"0"} """);
        var (a, b) = (await ReadAsync("c/d"), await ReadAsync("c/d"));
        var waiting = CommitAsync(b, Set("c/d", "2"));
        await WaitsAsync(waiting);
        (await CommitAsync(a)).Ok();
        (await waiting.WaitAsync(_patience)).Ok();
    }

    [Fact]
    public async Task a_reader_that_comes_after_a_waiting_writer_waits_behind_it()
    {
        await _client.SetAsync("c/d", """ "n":{"integerValue":"1"} """);
        var first = await ReadAsync("c/d");
        var write = SetAsync("c/d", "2");
        await WaitsAsync(write);
        var late = _client.PostAsync(":batchGet", """{"documents":["…/c/d"],"newTransaction":{"readWrite":{}}}""");
        await WaitsAsync(late);
        (await CommitAsync(first)).Ok();
        (await write.WaitAsync(_patience)).Ok();
        var seen = (await late.WaitAsync(_patience)).Ok().Json[0];
        Assert.Equal("2", seen.GetProperty("found").GetProperty("fields").GetProperty("n").GetProperty("integerValue").GetString());
        await RollbackAsync(seen.GetProperty("transaction").GetString()!);
    }

    [Fact]
    public async Task a_transaction_reads_on_past_a_writer_that_waits_for_it()
    {
        await _client.SetAsync("c/d", """ "n":{"integerValue":"1"} """);
        await _client.SetAsync("c/e", """ "n":{"integerValue":"1"} """);
        var reader = await ReadAsync("c/d");
        var write = _client.CommitAsync(Set("c/d", "2"), Set("c/e", "2"));
        await WaitsAsync(write);
        var on = await _client.PostAsync(":batchGet", $$"""{"documents":["…/c/d","…/c/e"],"transaction":"{{reader}}"}""").WaitAsync(_patience);
        Assert.Equal(2, on.Ok().Json.GetArrayLength());
        (await CommitAsync(reader)).Ok();
        (await write.WaitAsync(_patience)).Ok();
    }

    [Fact]
    public async Task a_deadlock_over_two_documents_aborts_one_side()
    {
        await _client.SetAsync("c/d", "");
        await _client.SetAsync("c/e", "");
        var (a, b) = (await ReadAsync("c/d"), await ReadAsync("c/e"));
        var ofA = CommitAsync(a, Set("c/e", "1"));
        await WaitsAsync(ofA);
        var ofB = CommitAsync(b, Set("c/d", "2"));
        var outcomes = await Task.WhenAll(ofA, ofB).WaitAsync(_patience);
        Assert.Equal("409 ABORTED", Assert.Single(outcomes, outcome => (int)outcome.Status != 200).Refusal);
        Assert.Single(outcomes, outcome => (int)outcome.Status == 200);
    }

    [Fact]
    public async Task a_missing_document_is_locked_as_well()
    {
        var reader = await ReadAsync("c/absent");
        var write = SetAsync("c/absent", "1");
        await WaitsAsync(write);
        await RollbackAsync(reader);
        (await write.WaitAsync(_patience)).Ok();
    }

    [Fact]
    public async Task a_query_locks_its_range_against_newcomers_and_nothing_else()
    {
        await _client.SetAsync("q/1", """ "a":{"integerValue":"1"} """);
        await _client.SetAsync("q/5", """ "a":{"integerValue":"5"} """);
        var begun = (await _client.PostAsync(":runQuery", """
            {"structuredQuery":{"from":[{"collectionId":"q"}],"where":{"fieldFilter":{"field":{"fieldPath":"a"},"op":"GREATER_THAN","value":{"integerValue":"0"}}},"limit":1},"newTransaction":{"readWrite":{}}}
            """)).Ok().Json;
        var reader = begun[0].GetProperty("transaction").GetString()!;

        // Behind the last document of the full page, and in another collection: not in the way.
        await _client.SetAsync("q/9", """ "a":{"integerValue":"9"} """).WaitAsync(_patience);
        await _client.SetAsync("other/0", """ "a":{"integerValue":"1"} """).WaitAsync(_patience);
        await _client.SetAsync("q/none", """ "a":{"integerValue":"0"} """).WaitAsync(_patience);
        // Before it: a phantom.
        var phantom = _client.CommitAsync("""{"update":{"name":"…/q/0","fields":{"a":{"integerValue":"1"}}}}""");
        await WaitsAsync(phantom);
        await RollbackAsync(reader);
        (await phantom.WaitAsync(_patience)).Ok();
    }

    [Fact]
    public async Task counters_of_many_transactions_lose_nothing()
    {
        const int Writers = 8, Each = 5;
        await _client.SetAsync("c/counter", """ "n":{"integerValue":"0"} """);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            for (var done = 0; done < Each;)
            {
                var read = await _client.PostAsync(":batchGet", """{"documents":["…/c/counter"],"newTransaction":{"readWrite":{}}}""");
                if ((int)read.Status != 200)
                    continue;
                var n = long.Parse(read.Json[0].GetProperty("found").GetProperty("fields").GetProperty("n").GetProperty("integerValue").GetString()!);
                done += (int)(await CommitAsync(read.Json[0].GetProperty("transaction").GetString()!, Set("c/counter", $"{n + 1}"))).Status == 200 ? 1 : 0;
            }
        })).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal($"{Writers * Each}", await ValueAsync("c/counter"));
    }

    [Fact]
    public async Task a_batch_write_waits_and_applies_each_write_once()
    {
        await _client.SetAsync("c/first", """ "n":{"integerValue":"0"} """);
        await _client.SetAsync("c/locked", """ "n":{"integerValue":"0"} """);
        var reader = await ReadAsync("c/locked");
        var batch = _client.PostAsync(":batchWrite", $$"""{"writes":[{{Add("c/first")}},{{Add("c/locked")}}]}""");
        await WaitsAsync(batch);
        await RollbackAsync(reader);
        (await batch.WaitAsync(_patience)).Ok();
        Assert.Equal("1", await ValueAsync("c/first"));
        Assert.Equal("1", await ValueAsync("c/locked"));

        static string Add(string path) =>
            $$$"""{"update":{"name":"…/{{{path}}}","fields":{}},"updateMask":{},"updateTransforms":[{"fieldPath":"n","increment":{"integerValue":"1"}}]}""";
    }

    [Fact]
    public async Task a_writer_gives_up_at_the_lock_deadline()
    {
        await using var impatient = new Impatient("LockDeadline", "00:00:01");
        await impatient.InitializeAsync();
        var client = impatient.Client();
        var read = (await client.PostAsync(":batchGet", """{"documents":["…/c/deadline"],"newTransaction":{"readWrite":{}}}""")).Ok().Json;
        var watch = Stopwatch.StartNew();
        var refused = await client.CommitAsync(Set("c/deadline", "1")).WaitAsync(_patience);
        Assert.Equal("409 ABORTED", refused.Refusal);
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(0.9), $"{watch.Elapsed}");
        (await client.PostAsync(":rollback", $$"""{"transaction":"{{read[0].GetProperty("transaction").GetString()}}"}""")).Ok();
        (await client.CommitAsync(Set("c/deadline", "1"))).Ok();
    }

    [Fact]
    public async Task a_client_that_died_holds_its_locks_only_until_it_has_been_idle_for_too_long()
    {
        await using var impatient = new Impatient("IdleExpiry", "00:00:00.5");
        await impatient.InitializeAsync();
        var client = impatient.Client();
        var read = (await client.PostAsync(":batchGet", """{"documents":["…/c/idle"],"newTransaction":{"readWrite":{}}}""")).Ok().Json;
        await client.SetAsync("c/idle", """ "n":{"integerValue":"1"} """).WaitAsync(_patience);
        var late = await client.PostAsync(":commit", $$"""{"writes":[],"transaction":"{{read[0].GetProperty("transaction").GetString()}}"}""");
        Assert.Equal("400 INVALID_ARGUMENT", late.Refusal);
        Assert.Contains("transaction has expired", late.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private async Task<string> ReadAsync(string path) =>
        (await _client.PostAsync(":batchGet", $$"""{"documents":["…/{{path}}"],"newTransaction":{"readWrite":{} } }""")).Ok()
            .Json[0].GetProperty("transaction").GetString()!;

    private Task<Answer> CommitAsync(string transaction, params string[] writes) =>
        _client.PostAsync(":commit", $$"""{"writes":[{{string.Join(',', writes)}}],"transaction":"{{transaction}}"}""");

    private async Task RollbackAsync(string transaction) => (await _client.PostAsync(":rollback", $$"""{"transaction":"{{transaction}}"}""")).Ok();

    private Task<Answer> SetAsync(string path, string number) => _client.CommitAsync(Set(path, number));

    private async Task<string> ValueAsync(string path) => (await _client.FieldsAsync(path)).GetProperty("n").GetProperty("integerValue").GetString()!;

    private static string Set(string path, string number) =>
        $$$"""{"update":{"name":"…/{{{path}}}","fields":{"n":{"integerValue":"{{{number}}}"} } } }""";

    private static async Task WaitsAsync(Task<Answer> call)
    {
        await Task.WhenAny(call, Task.Delay(_moment, TimeProvider.System));
        Assert.False(call.IsCompleted, call.IsCompleted ? $"It did not wait: {(await call).Status}" : "");
    }

    private sealed class Impatient(string duration, string length) : EmulatorFixture, IAsyncDisposable
    {
        protected override string[] Arguments => [$"--Transactions:{duration}", length];

        async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
    }
}
