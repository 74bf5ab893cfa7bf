using System.Text.Json;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

public sealed class DocumentGathererTests
{
    [Fact]
    public async Task readers_gather_while_a_read_is_on_its_way_and_share_what_they_ask_for()
    {
        var arrived = new TaskCompletionSource();
        var released = new TaskCompletionSource();
        await using var server = await ScriptedFirestore.StartAsync(async call =>
        {
            if (call.Number == 1)
            {
                arrived.SetResult();
                await released.Task;
            }
            await AnswerAsync(call);
        });
        using var firestore = new FirestoreUnderTest(server.Url);

        var first = firestore.Gatherer.GetAsync("threads/a", "test", CancellationToken.None);
        await arrived.Task;
        // The same document again: the read on its way began before this question, so it may not answer it.
        var again = firestore.Gatherer.GetAsync("threads/a", "test", CancellationToken.None);
        var twin = firestore.Gatherer.GetAsync("threads/a", "test", CancellationToken.None);
        var missing = firestore.Gatherer.GetAsync("threads/missing", "test", CancellationToken.None);
        released.SetResult();

        Assert.Equal("1", (await first)!.Fields.Text("call"));
        Assert.Equal("2", (await again)!.Fields.Text("call"));
        Assert.Equal("2", (await twin)!.Fields.Text("call"));
        Assert.Null(await missing);
        Assert.Equal(2, server.Calls.Count);
        Assert.Equal(3, firestore.Cost.Total("read"));
    }

    [Fact]
    public async Task an_outage_reaches_every_reader_and_the_line_goes_on()
    {
        var down = true;
        await using var server = await ScriptedFirestore.StartAsync(call => down ? call.FailAsync(403, "PERMISSION_DENIED") : AnswerAsync(call));
        using var firestore = new FirestoreUnderTest(server.Url);

        var readers = Enumerable.Range(0, 5).Select(i => firestore.Gatherer.GetAsync($"threads/{i}", "test", CancellationToken.None)).ToArray();
        foreach (var reader in readers)
            await Assert.ThrowsAsync<FirestoreException>(() => reader);
        down = false;

        Assert.NotNull(await firestore.Gatherer.GetAsync("threads/a", "test", CancellationToken.None));
    }

    private static Task AnswerAsync(ScriptedFirestore.Call call)
    {
        var results = call.Body.GetProperty("documents").EnumerateArray().Select(name => name.GetString()!).Select(name =>
            name.EndsWith("missing", StringComparison.Ordinal)
                ? (object)new { missing = name, readTime = "2026-01-31T12:00:00Z" }
                : new { found = Document(name, call.Number), readTime = "2026-01-31T12:00:00Z" });
        return call.AnswerAsync(JsonSerializer.Serialize(results));
    }

    private static object Document(string name, int call) => new
    {
        name,
        fields = new { call = new { stringValue = call.ToString() } },
        createTime = "2026-01-31T12:00:00Z",
        updateTime = "2026-01-31T12:00:00Z",
    };
}
