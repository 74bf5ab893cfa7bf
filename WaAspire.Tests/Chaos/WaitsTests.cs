using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Chaos;

/// <summary>The figures of a takeover leave out none that waited.</summary>
public sealed class WaitsTests
{
    private const string Dead = "chaos-1-x";
    private const string Restarted = "chaos-1-y";
    private const string Other = "chaos-2-x";
    private static readonly DateTimeOffset _start = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset _end = At(10);

    [Fact]
    public void a_thread_waits_from_the_end_of_its_worker_until_another_claims_its_next_message() =>
        Assert.Equal([TimeSpan.FromSeconds(3)], Threads([Sent(Dead, 9), Sent(Other, 13, written: 9), Sent(Other, 14)]));

    [Fact]
    public void a_message_that_is_written_later_waits_from_then_on() =>
        Assert.Equal([TimeSpan.FromSeconds(1)], Threads([Sent(Dead, 9), Sent(Other, 13, written: 12)]));

    [Fact]
    public void a_thread_that_nobody_took_until_its_worker_was_started_again_has_waited_all_the_while() =>
        Assert.Equal([TimeSpan.FromSeconds(290)], Threads([Sent(Dead, 9), Sent(Restarted, 300, written: 9)]));

    [Fact]
    public void a_thread_that_nobody_ever_took_is_counted()
    {
        var waits = Threads([Sent(Dead, 9), Queued()], [Sent(Dead, 9), Sent(Other, 11, written: 9)]);

        Assert.Equal(new Waits(2, TimeSpan.FromSeconds(1), 1), Waits.Of([.. waits]));
    }

    [Fact]
    public void a_thread_that_others_had_or_where_nobody_writes_or_an_attempt_was_in_flight_is_none_of_these() =>
        Assert.Empty(Threads([Sent(Dead, 8), Sent(Other, 9), Sent(Other, 12)], [Sent(Dead, 9)], [Sent(Dead, 9) with { RequestId = "in flight" }, Queued()]));

    [Fact]
    public void an_attempt_that_stays_its_dead_holders_is_counted_as_never()
    {
        var held = Sent(Dead, 9) with { Status = OutboxStatus.Processing, SentAt = null };
        var inDoubt = held with { Status = OutboxStatus.Uncertain, DoubtSince = At(76) };

        Assert.Equal(new Waits(3, TimeSpan.FromSeconds(66), 1), Waits.Of([.. Waits.OfAttempts([held, inDoubt, Sent(Dead, 9) with { SentAt = At(12) }], Dead, _end, At(310))]));
    }

    private static IReadOnlyList<TimeSpan?> Threads(params OutboxDocument[][] threads) => Waits.OfThreads(threads, Dead, _end, new HashSet<string> { "in flight" });

    private static OutboxDocument Sent(string by, int claimed, int written = 0) =>
        Queued() with { CreateTime = At(written), Status = OutboxStatus.Sent, ClaimedBy = by, ClaimedAt = At(claimed), SentAt = At(claimed) };

    private static OutboxDocument Queued() => new() { RequestId = "one", CreateTime = _start, UpdateTime = _start, Status = OutboxStatus.Queued };

    private static DateTimeOffset At(int seconds) => _start + TimeSpan.FromSeconds(seconds);
}
