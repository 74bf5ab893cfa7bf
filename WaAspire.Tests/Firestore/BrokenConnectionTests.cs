using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

public sealed class BrokenConnectionTests
{
    private const string Committed = """{"writeResults":[{"updateTime":"2026-01-31T12:00:00Z"}],"commitTime":"2026-01-31T12:00:00Z"}""";

    [Fact]
    public async Task a_stale_pooled_connection_does_not_replay_the_commit()
    {
        // The first answer leaves the connection in the pool. The second request arrives on it as a whole, and then the
        // connection dies without a byte of an answer: exactly what an idle connection that was closed looks like.
        await using var server = new BreakingServer(async (number, stream) =>
        {
            if (number == 1)
                await BreakingServer.AnswerAsync(stream, Committed);
            return number == 1;
        });
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.IsType<CommitOutcome.Committed>(await firestore.CommitAsync("outbox/first"));
        Assert.IsType<CommitOutcome.Lost>(await firestore.CommitAsync("outbox/second"));

        Assert.Equal(2, server.Requests);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task a_connection_that_dies_before_the_answer_loses_the_outcome_and_sends_nothing_again()
    {
        await using var server = new BreakingServer((_, _) => Task.FromResult(false));
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.IsType<CommitOutcome.Lost>(await firestore.CommitAsync());
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task a_connection_that_dies_inside_the_answer_loses_the_outcome()
    {
        await using var server = new BreakingServer(async (_, stream) =>
        {
            await BreakingServer.AnswerAsync(stream, Committed[..40], Committed.Length);
            return false;
        });
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.IsType<CommitOutcome.Lost>(await firestore.CommitAsync());
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task a_failed_handshake_is_a_refusal_not_a_doubt()
    {
        // A server that speaks no TLS: the hello is never a request, so nobody answers it and the connection closes.
        await using var server = await ScriptedFirestore.StartAsync(call => call.CommitAsync());
        using var firestore = new FirestoreUnderTest(
            new Uri($"https://{server.Url.Authority}"), options => options.CommitTimeout = TimeSpan.FromMilliseconds(500));

        Assert.Equal(FirestoreStatus.Unavailable, Assert.IsType<CommitOutcome.Refused>(await firestore.CommitAsync()).Status);
        Assert.Empty(server.Calls);
    }

    [Fact]
    public async Task a_read_goes_on_over_a_new_connection()
    {
        await using var server = new BreakingServer(async (number, stream) =>
        {
            if (number < 3)
                return false;
            await BreakingServer.AnswerAsync(stream, """[{"missing":"x","readTime":"2026-01-31T12:00:00Z"}]""");
            return true;
        });
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.Empty((await firestore.Client.GetAsync(["outbox/a"], "test", CancellationToken.None)).Documents);
        Assert.Equal(3, server.Requests);
    }
}
