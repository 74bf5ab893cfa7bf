using System.Net;
using System.Net.Sockets;
using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Firestore;

public sealed class CommitTests
{
    [Fact]
    public async Task a_commit_says_what_firestore_understands()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.CommitAsync());
        using var firestore = new FirestoreUnderTest(server.Url);
        var fence = new DateTimeOffset(2026, 1, 31, 11, 0, 0, TimeSpan.Zero).AddTicks(1234560);

        var outcome = await firestore.Client.CommitAsync(
            [
                DocumentWrite.Create("outbox/a", new DocumentFields { ["n"] = 42 }, FieldTransform.RequestTime("createdAt")),
                DocumentWrite.Update("threads/t", Precondition.UnchangedSince(fence), new DocumentFields { ["a b"] = "x" }, ["gone"]),
            ],
            "test",
            CancellationToken.None);

        var committed = Assert.IsType<CommitOutcome.Committed>(outcome);
        Assert.Equal(2, committed.UpdateTimes.Count);
        var call = server.Calls.Single();
        Assert.Equal("Bearer owner", call.Authorization);
        Assert.Equal("/v1/projects/demo-test/databases/(default)/documents:commit", call.Path);
        Assert.Equal(
            """{"writes":[{"update":{"name":"projects/demo-test/databases/(default)/documents/outbox/a","fields":{"n":{"integerValue":"42"}}},"updateTransforms":[{"fieldPath":"createdAt","setToServerValue":"REQUEST_TIME"}],"currentDocument":{"exists":false}},{"update":{"name":"projects/demo-test/databases/(default)/documents/threads/t","fields":{"a b":{"stringValue":"x"}}},"updateMask":{"fieldPaths":["`a b`","gone"]},"currentDocument":{"updateTime":"2026-01-31T11:00:00.123456Z"}}]}""",
            call.Body.GetRawText());
    }

    [Theory]
    [InlineData(409, "ALREADY_EXISTS", FirestoreStatus.AlreadyExists)]
    [InlineData(409, "ABORTED", FirestoreStatus.Aborted)]
    [InlineData(400, "FAILED_PRECONDITION", FirestoreStatus.FailedPrecondition)]
    [InlineData(400, "INVALID_ARGUMENT", FirestoreStatus.InvalidArgument)]
    [InlineData(404, "NOT_FOUND", FirestoreStatus.NotFound)]
    [InlineData(403, "PERMISSION_DENIED", FirestoreStatus.PermissionDenied)]
    public async Task the_name_in_the_body_says_why_a_commit_was_refused(int http, string name, FirestoreStatus expected)
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.FailAsync(http, name));
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.Equal(expected, Assert.IsType<CommitOutcome.Refused>(await firestore.CommitAsync()).Status);
        Assert.Single(server.Calls);
    }

    [Theory]
    [InlineData(503, "UNAVAILABLE")]
    [InlineData(504, "DEADLINE_EXCEEDED")]
    [InlineData(500, "INTERNAL")]
    [InlineData(500, "UNKNOWN")]
    [InlineData(499, "CANCELLED")]
    public async Task an_answer_that_leaves_doubt_is_lost_and_never_sent_again(int http, string name)
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.FailAsync(http, name));
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.IsType<CommitOutcome.Lost>(await firestore.CommitAsync());
        Assert.Single(server.Calls);
    }

    [Theory]
    [InlineData(502, "<html>bad gateway</html>")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"writeResults":[],"commitTime":"2026-01-31T12:00:00Z"}""")]
    [InlineData(409, "")]
    public async Task an_answer_that_is_not_firestores_is_lost(int http, string body)
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.AnswerAsync(body, http));
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.IsType<CommitOutcome.Lost>(await firestore.CommitAsync());
        Assert.Single(server.Calls);
    }

    [Fact]
    public async Task an_error_inside_an_array_is_understood()
    {
        await using var server = await ScriptedFirestore.StartAsync(
            call => call.AnswerAsync("""[{"error":{"code":409,"message":"","status":"ALREADY_EXISTS"}}]""", 409));
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.Equal(FirestoreStatus.AlreadyExists, Assert.IsType<CommitOutcome.Refused>(await firestore.CommitAsync()).Status);
    }

    [Fact]
    public async Task an_exhausted_quota_is_tried_again()
    {
        await using var server = await ScriptedFirestore.StartAsync(
            call => call.Number < 3 ? call.FailAsync(429, "RESOURCE_EXHAUSTED") : call.CommitAsync());
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.IsType<CommitOutcome.Committed>(await firestore.CommitAsync());
        Assert.Equal(3, server.Calls.Count);
    }

    [Fact]
    public async Task an_exhausted_quota_is_refused_when_the_time_is_up()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.FailAsync(429, "RESOURCE_EXHAUSTED"));
        using var firestore = new FirestoreUnderTest(server.Url, options =>
        {
            options.CommitTimeout = TimeSpan.FromSeconds(5);
            // The time is up while the client waits, not while a request is on its way.
            options.RetryBase = options.RetryCap = TimeSpan.FromMinutes(1);
        });

        Assert.Equal(FirestoreStatus.ResourceExhausted, Assert.IsType<CommitOutcome.Refused>(await firestore.CommitAsync()).Status);
    }

    [Fact]
    public async Task nobody_listening_is_a_refusal_not_a_doubt()
    {
        using var firestore = new FirestoreUnderTest(ClosedPort(), options => options.CommitTimeout = TimeSpan.FromMilliseconds(300));

        Assert.Equal(FirestoreStatus.Unavailable, Assert.IsType<CommitOutcome.Refused>(await firestore.CommitAsync()).Status);
        Assert.Equal(0, firestore.Cost.Total("rpc"));
    }

    [Fact]
    public async Task an_unknown_host_is_a_refusal_not_a_doubt()
    {
        using var firestore = new FirestoreUnderTest(
            new Uri("http://nowhere.invalid:80"), options => options.CommitTimeout = TimeSpan.FromMilliseconds(300));

        Assert.Equal(FirestoreStatus.Unavailable, Assert.IsType<CommitOutcome.Refused>(await firestore.CommitAsync()).Status);
    }

    [Fact]
    public async Task no_answer_before_the_deadline_is_lost()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.NeverAnswerAsync());
        using var firestore = new FirestoreUnderTest(server.Url, options => options.CommitTimeout = TimeSpan.FromSeconds(5));

        Assert.IsType<CommitOutcome.Lost>(await firestore.CommitAsync());
    }

    [Fact]
    public async Task a_caller_who_cancels_before_sending_hears_of_it_and_nothing_was_sent()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.CommitAsync());
        using var firestore = new FirestoreUnderTest(server.Url);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => firestore.CommitAsync(cancellationToken: new CancellationToken(true)));
        Assert.Empty(server.Calls);
    }

    [Fact]
    public async Task a_caller_who_cancels_after_sending_is_told_that_the_outcome_is_lost()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = await ScriptedFirestore.StartAsync(call =>
        {
            cancellation.Cancel();
            return call.NeverAnswerAsync();
        });
        using var firestore = new FirestoreUnderTest(server.Url);

        Assert.IsType<CommitOutcome.Lost>(await firestore.CommitAsync(cancellationToken: cancellation.Token));
    }

    [Fact]
    public async Task no_phone_number_survives_in_a_refusal()
    {
        const string Message = "Document already exists: projects/p/databases/(default)/documents/threads/acc__40712345678@s.whatsapp.net and \"secret words\"";
        await using var server = await ScriptedFirestore.StartAsync(call => call.FailAsync(409, "ALREADY_EXISTS", Message));
        using var firestore = new FirestoreUnderTest(server.Url);

        var refused = Assert.IsType<CommitOutcome.Refused>(await firestore.CommitAsync());

        Assert.StartsWith("Document already exists", refused.Message);
        Assert.DoesNotContain("40712345678", refused.Message);
        Assert.DoesNotContain("secret", refused.Message);
    }

    [Fact]
    public async Task a_commit_costs_its_writes_and_one_call()
    {
        await using var server = await ScriptedFirestore.StartAsync(call => call.CommitAsync());
        using var firestore = new FirestoreUnderTest(server.Url);

        await firestore.Client.CommitAsync(
            [FirestoreUnderTest.Create("outbox/a"), FirestoreUnderTest.Create("outbox/b"), DocumentWrite.Delete("outbox/c")], "test", CancellationToken.None);

        var cost = firestore.Cost.Snapshot();
        Assert.Equal(2, cost[("write", "test")]);
        Assert.Equal(1, cost[("delete", "test")]);
        Assert.Equal(1, cost[("rpc", "test")]);
    }

    private static Uri ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }
}
