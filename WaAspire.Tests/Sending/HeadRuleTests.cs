using WaAspire.Messaging.Outbox;
using WaAspire.Worker.Sending;

namespace WaAspire.Tests.Sending;

public sealed class HeadRuleTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly SendingOptions _options = new();

    [Fact]
    public void an_empty_lane_has_nothing_to_do() => Assert.Equal(HeadDecision.Empty, HeadRule.Decide(null, _now, _options).Decision);

    [Theory]
    [InlineData(OutboxStatus.Queued, -10, -10, -10, HeadDecision.Claim, 0)]
    [InlineData(OutboxStatus.Queued, 0, 0, -10, HeadDecision.Claim, 0)]
    [InlineData(OutboxStatus.Queued, -10, 7, -10, HeadDecision.Backoff, 7)]
    [InlineData(OutboxStatus.Queued, 30, 30, -10, HeadDecision.NotDue, 30)]
    [InlineData(OutboxStatus.Processing, -10, 55, -10, HeadDecision.Held, 55)]
    [InlineData(OutboxStatus.Processing, -99, -1, -64, HeadDecision.Held, 1)]
    [InlineData(OutboxStatus.Processing, -99, -1, -66, HeadDecision.Orphaned, 0)]
    [InlineData(OutboxStatus.Uncertain, -99, -99, -99, HeadDecision.InDoubt, 600)]
    public void the_head_decides_for_its_lane(OutboxStatus status, int orderAt, int nextAttemptAt, int updated, HeadDecision decision, int waitSeconds)
    {
        var head = new OutboxDocument
        {
            RequestId = "r",
            CreateTime = _now.AddSeconds(-100),
            UpdateTime = _now.AddSeconds(updated),
            Status = status,
            OrderAt = _now.AddSeconds(orderAt),
            NextAttemptAt = _now.AddSeconds(nextAttemptAt),
        };

        Assert.Equal((decision, TimeSpan.FromSeconds(waitSeconds)), HeadRule.Decide(head, _now, _options));
    }

    [Theory]
    [InlineData(OutboxStatus.Queued, -10, 0, HeadDecision.Expired, 0)]
    [InlineData(OutboxStatus.Queued, 7, -1, HeadDecision.Expired, 0)]
    [InlineData(OutboxStatus.Queued, -10, 1, HeadDecision.Claim, 0)]
    [InlineData(OutboxStatus.Queued, 7, 3, HeadDecision.Backoff, 3)]
    [InlineData(OutboxStatus.Queued, 7, 30, HeadDecision.Backoff, 7)]
    [InlineData(OutboxStatus.Processing, -10, -1, HeadDecision.Held, 65)]
    [InlineData(OutboxStatus.Uncertain, -10, -1, HeadDecision.InDoubt, 600)]
    public void only_a_queued_message_expires(OutboxStatus status, int nextAttemptAt, int expiresAt, HeadDecision decision, int waitSeconds)
    {
        var head = new OutboxDocument
        {
            RequestId = "r",
            CreateTime = _now,
            UpdateTime = _now,
            Status = status,
            OrderAt = _now.AddSeconds(-10),
            NextAttemptAt = _now.AddSeconds(nextAttemptAt),
            ExpiresAt = _now.AddSeconds(expiresAt),
        };

        Assert.Equal((decision, TimeSpan.FromSeconds(waitSeconds)), HeadRule.Decide(head, _now, _options));
    }

    [Theory]
    [InlineData(1, 0.999, 0.999)]
    [InlineData(2, 0.5, 1)]
    [InlineData(5, 0.5, 8)]
    [InlineData(7, 0.5, 30)]
    [InlineData(1000, 0.5, 30)]
    [InlineData(3, 0, 0)]
    public void the_backoff_doubles_up_to_its_cap_with_full_jitter(long attempt, double chance, double seconds) =>
        Assert.Equal(seconds, RetrySchedule.Next(attempt, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), chance).TotalSeconds, 3);

    [Fact]
    public void a_lease_too_short_to_send_in_is_refused_at_the_start()
    {
        var options = new SendingOptions { Lease = TimeSpan.FromSeconds(20) };

        Assert.Contains("SendTimeout", Assert.Single(options.Validate(new(options))).ErrorMessage, StringComparison.Ordinal);
    }
}
