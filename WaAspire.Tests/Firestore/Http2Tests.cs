using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

public sealed class Http2Tests
{
    [Fact]
    public async Task over_tls_calls_share_http2_connections()
    {
        await using var server = await ScriptedFirestore.StartWithTlsAsync(call => call.CommitAsync());
        using var firestore = new FirestoreUnderTest(server.Url);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => firestore.CommitAsync($"outbox/{i}")));

        Assert.All(outcomes, outcome => Assert.IsType<CommitOutcome.Committed>(outcome));
        Assert.All(server.Calls, call => Assert.Equal("HTTP/2", call.Protocol));
        Assert.True(server.Calls.Select(call => call.Connection).Distinct().Count() < 50);
    }

    [Fact]
    public async Task a_service_account_signs_its_own_token()
    {
        await using var server = await ScriptedFirestore.StartWithTlsAsync(call => call.CommitAsync());
        using var firestore = new FirestoreUnderTest(server.Url);

        await firestore.CommitAsync();

        Assert.Matches("^Bearer ey[^.]+[.]ey[^.]+[.][^.]+$", server.Calls.Single().Authorization);
    }

    [Fact]
    public async Task a_stream_that_is_reset_loses_the_outcome_and_sends_nothing_again()
    {
        await using var server = await ScriptedFirestore.StartWithTlsAsync(call =>
        {
            call.Http.Abort();
            return Task.CompletedTask;
        });
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.IsType<CommitOutcome.Lost>(await firestore.CommitAsync());
        Assert.Single(server.Calls);
    }
}
