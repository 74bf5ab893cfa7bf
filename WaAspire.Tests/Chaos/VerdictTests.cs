using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Chaos;

/// <summary>The judge finds what it is there to find.</summary>
public sealed class VerdictTests
{
    private static readonly FinalMessage _sent = new(OutboxStatus.Sent, "delivered");
    private static readonly FinalMessage _failed = new(OutboxStatus.Failed, "failed");
    private static readonly FinalMessage _inDoubt = new(OutboxStatus.Uncertain, "queued");

    [Fact]
    public void what_went_out_once_and_in_order_is_kept()
    {
        var verdict = Judge(["a", "b", "c"], ["a", "b", "c"]);

        Assert.Empty(verdict.Broken);
        Assert.Equal("accepted 3 delivered 3 duplicates 0 lost 0 inversions 0 uncertain 0", verdict.ToString());
    }

    [Fact]
    public void a_second_bubble_is_a_duplicate_and_no_inversion() =>
        Assert.Equal(["1 duplicates"], Judge(["a", "b"], ["a", "b", "a"]).Broken);

    [Fact]
    public void a_bubble_that_no_client_was_told_of_is_unexpected_and_nobodys_duplicate() =>
        Assert.Equal(["2 unexpected"], Judge(["a"], ["a", "x", "x"]).Broken);

    [Fact]
    public void a_document_that_no_client_was_told_of_is_unexpected() =>
        Assert.Equal(["1 unexpected"], Judge(["a"], ["a"], ("x", new FinalMessage(OutboxStatus.Queued, "queued"))).Broken);

    [Fact]
    public void what_is_wrong_at_two_companies_is_counted_for_both_of_them()
    {
        var both = Judge(["a"], ["a", "x", "a"]) + Judge(["b", "c"], ["c", "b", "y"]);

        Assert.Equal("accepted 3 delivered 3 duplicates 1 lost 0 inversions 1 uncertain 0", both.ToString());
        Assert.Equal(["1 duplicates", "1 inversions", "2 unexpected"], both.Broken);
    }

    [Fact]
    public void what_was_accepted_and_is_nowhere_is_lost() =>
        Assert.Equal(["1 lost", "1 untrue documents"], Judge(["a", "b"], ["a"]).Broken);

    [Fact]
    public void what_is_still_queued_at_the_end_is_lost() =>
        Assert.Equal(["1 lost"], Judge(["a"], [], ("a", new FinalMessage(OutboxStatus.Queued, "queued"))).Broken);

    [Fact]
    public void what_says_sent_and_was_not_is_lost_and_untrue() =>
        Assert.Equal(["1 lost", "1 untrue documents"], Judge(["a"], [], ("a", _sent)).Broken);

    [Theory]
    [InlineData("queued")]
    [InlineData("failed")]
    [InlineData(null)]
    public void what_was_sent_and_its_thread_shows_otherwise_is_untrue(string? copy) =>
        Assert.Equal(["1 untrue documents"], Judge(["a"], ["a"], ("a", _sent with { Copy = copy })).Broken);

    [Fact]
    public void what_was_sent_under_an_id_that_whatsapp_never_gave_is_untrue() =>
        Assert.Equal(["1 untrue documents"], Judge(["a"], ["a"], ("a", _sent with { IsIdTrue = false })).Broken);

    [Fact]
    public void what_says_failed_and_was_delivered_is_untrue() =>
        Assert.Equal(["1 untrue documents"], Judge(["a"], ["a"], ("a", _failed)).Broken);

    [Fact]
    public void a_message_that_went_out_before_an_earlier_one_is_an_inversion() =>
        Assert.Equal(["1 inversions"], Judge(["a", "b", "c"], ["b", "a", "c"]).Broken);

    [Fact]
    public void one_that_whatsapp_refused_has_failed_and_is_overtaken_by_nobody() =>
        Assert.True(Judge(["a", "b", "c"], ["a", "c"], ["b"], ("b", _failed)) is { IsKept: true, Failed: 1, Delivered: 2 });

    [Fact]
    public void one_that_failed_though_whatsapp_never_refused_it_breaks_a_promise_unless_its_attempts_are_spent()
    {
        Assert.Equal(["1 failed without a refusal"], Judge(["a", "b"], ["a"], ["a"], ("b", _failed)).Broken);
        Assert.Empty(Judge(["a", "b"], ["a"], ("b", _failed with { IsSpent = true })).Broken);
    }

    [Fact]
    public void a_doubt_counts_only_where_whatsapp_does_not_have_the_message()
    {
        var without = Judge(["a"], [], ("a", _inDoubt));
        var with = Judge(["a"], ["a"], ("a", _inDoubt));

        Assert.Equal((1, 0, true), (without.Uncertain, without.Untrue, without.IsKept));
        Assert.Equal((0, 1, false), (with.Uncertain, with.Untrue, with.IsKept));
    }

    [Fact]
    public void what_its_recipient_could_not_read_breaks_a_promise() =>
        Assert.Equal(["1 unreadable"], Verdict.On(new Evidence([], [], new HashSet<string>(), new Dictionary<string, FinalMessage>(), [], [], 1)).Broken);

    [Theory]
    [InlineData("x")]
    [InlineData("x,y,y")]
    [InlineData("x,y,z")]
    public void inbound_is_stored_once(string stored) =>
        Assert.Equal(["1 inbound not stored once"], Verdict.On(new Evidence([], [], new HashSet<string>(), new Dictionary<string, FinalMessage>(), ["x", "y"], stored.Split(','), 0)).Broken);

    private static Verdict Judge(string[] told, string[] provider, params (string Id, FinalMessage Message)[] odd) => Judge(told, provider, [], odd);

    private static Verdict Judge(string[] told, string[] provider, string[] refused, params (string Id, FinalMessage Message)[] odd)
    {
        var final = provider.Intersect(told).ToDictionary(id => id, _ => _sent);
        foreach (var (id, message) in odd)
        {
            final[id] = message;
        }

        return Verdict.On(new Evidence([told], provider, refused.ToHashSet(), final, [], [], 0));
    }
}
