using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Chaos;

/// <summary>The judge finds what it is there to find.</summary>
public sealed class VerdictTests
{
    [Fact]
    public void what_went_out_once_and_in_order_is_kept()
    {
        var verdict = Judge(["a", "b", "c"], ["a", "b", "c"]);

        Assert.True(verdict.IsKept);
        Assert.Equal("accepted 3 delivered 3 duplicates 0 lost 0 inversions 0 uncertain 0", verdict.ToString());
    }

    [Fact]
    public void a_second_bubble_is_a_duplicate_and_no_inversion()
    {
        var verdict = Judge(["a", "b"], ["a", "b", "a"]);

        Assert.Equal((1, 0, false), (verdict.Duplicates, verdict.Inversions, verdict.IsKept));
    }

    [Fact]
    public void what_was_accepted_and_is_nowhere_is_lost() =>
        Assert.Equal((1, false), Judge(["a", "b"], ["a"]) is var verdict ? (verdict.Lost, verdict.IsKept) : default);

    [Fact]
    public void what_is_still_queued_at_the_end_is_lost() =>
        Assert.Equal(1, Judge(["a"], [], ("a", OutboxStatus.Queued)).Lost);

    [Fact]
    public void what_says_sent_and_was_not_is_lost_and_untrue() =>
        Assert.Equal((1, 1), Judge(["a"], [], ("a", OutboxStatus.Sent)) is var verdict ? (verdict.Lost, verdict.Untrue) : default);

    [Fact]
    public void a_message_that_went_out_before_an_earlier_one_is_an_inversion() =>
        Assert.Equal((1, false), Judge(["a", "b", "c"], ["b", "a", "c"]) is var verdict ? (verdict.Inversions, verdict.IsKept) : default);

    [Fact]
    public void one_that_never_went_out_is_overtaken_by_nobody() =>
        Assert.True(Judge(["a", "b", "c"], ["a", "c"], ("b", OutboxStatus.Failed)) is { IsKept: true, Failed: 1, Delivered: 2 });

    [Fact]
    public void a_doubt_counts_only_where_whatsapp_does_not_have_the_message()
    {
        var without = Judge(["a"], [], ("a", OutboxStatus.Uncertain));
        var with = Judge(["a"], ["a"], ("a", OutboxStatus.Uncertain));

        Assert.Equal((1, 0, true), (without.Uncertain, without.Untrue, without.IsKept));
        Assert.Equal((0, 1, false), (with.Uncertain, with.Untrue, with.IsKept));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("x,y,y")]
    [InlineData("x,y,z")]
    public void inbound_is_stored_once(string stored) =>
        Assert.False(Verdict.On(new Evidence([], [], new Dictionary<string, OutboxStatus?>(), ["x", "y"], stored.Split(','))).IsKept);

    private static Verdict Judge(string[] told, string[] provider, params (string Id, OutboxStatus Status)[] odd)
    {
        var final = provider.Distinct().ToDictionary(id => id, _ => (OutboxStatus?)OutboxStatus.Sent);
        foreach (var (id, status) in odd)
        {
            final[id] = status;
        }

        return Verdict.On(new Evidence([told], provider, final, [], []));
    }
}
