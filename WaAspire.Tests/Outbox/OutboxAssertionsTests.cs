using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Outbox.Assertions;

namespace WaAspire.Tests.Outbox;

/// <summary>What must hold of every message, told from one document.</summary>
public sealed class OutboxAssertionsTests
{
    private static readonly DateTimeOffset _at = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(OutboxStatus.Queued)]
    [InlineData(OutboxStatus.Processing)]
    [InlineData(OutboxStatus.Uncertain)]
    public void what_shows_an_end_and_has_not_ended_is_violated(OutboxStatus status)
    {
        var open = Message() with { Status = status };

        Assert.Null(OutboxAssertions.Violated(open));
        Assert.Equal("absorbing", OutboxAssertions.Violated(open with { ProviderMessageId = "wamid.1" }));
        Assert.Equal("absorbing", OutboxAssertions.Violated(open with { SentAt = _at }));
        Assert.Equal("absorbing", OutboxAssertions.Violated(open with { FailedAt = _at }));
        Assert.Equal("absorbing", OutboxAssertions.Violated(open with { CanceledByUid = "uid" }));
    }

    [Fact]
    public void a_claim_without_its_name_and_a_number_below_the_history_are_violated()
    {
        var claimed = Message() with { Status = OutboxStatus.Processing };

        Assert.Equal("fence", OutboxAssertions.Violated(claimed with { ClaimId = null }));
        Assert.Equal("fence", OutboxAssertions.Violated(claimed with { ClaimSeq = 0 }));
        Assert.Equal("fence", OutboxAssertions.Violated(claimed with { AttemptHistory = [Past(1), Past(3)] }));
        Assert.Null(OutboxAssertions.Violated(claimed with { AttemptHistory = [Past(1), Past(2)] }));
    }

    [Fact]
    public void what_waits_has_a_place_and_only_a_released_doubt_has_none()
    {
        Assert.Equal("order", OutboxAssertions.Violated(Message() with { OrderAt = null }));
        Assert.Null(OutboxAssertions.Violated(Message() with { OrderAt = null, Status = OutboxStatus.Uncertain }));
    }

    [Fact]
    public void what_has_ended_what_is_parked_and_what_the_old_system_left_is_nobodys_violation()
    {
        var odd = Message() with { ProviderMessageId = "wamid.1" };

        Assert.Null(OutboxAssertions.Violated(odd with { Status = OutboxStatus.Sent }));
        Assert.Null(OutboxAssertions.Violated(odd with { Status = OutboxStatus.Uncertain, AssertionViolated = "absorbing" }));
        Assert.Null(OutboxAssertions.Violated(odd with { Schema = null }));
        Assert.Null(OutboxAssertions.Violated(odd with { Status = null }));
    }

    [Fact]
    public void a_page_is_in_order_only_if_each_comes_behind_the_one_before_it_in_one_thread()
    {
        var first = Message();
        var second = first with { RequestId = "s" };
        var third = first with { CreateTime = _at.AddMilliseconds(1) };
        var fourth = first with { OrderAt = _at.AddMilliseconds(1), CreateTime = _at.AddDays(-1) };

        Assert.True(OutboxAssertions.AreInOrder([first, second, third, fourth]));
        Assert.False(OutboxAssertions.AreInOrder([second, first]));
        Assert.False(OutboxAssertions.AreInOrder([third, second]));
        Assert.False(OutboxAssertions.AreInOrder([fourth, third]));
        Assert.False(OutboxAssertions.AreInOrder([first, first]));
        Assert.False(OutboxAssertions.AreInOrder([first, second with { ThreadId = "another" }]));
    }

    private static FirestoreValue Past(long claimSeq) => FirestoreValue.From(new DocumentFields { ["claimSeq"] = claimSeq });

    private static OutboxDocument Message() => new()
    {
        RequestId = "r",
        Schema = OutboxTransitions.CurrentSchema,
        Status = OutboxStatus.Queued,
        ThreadId = "thread",
        CreateTime = _at,
        UpdateTime = _at,
        OrderAt = _at,
        ClaimSeq = 2,
        ClaimId = "claim",
    };
}
