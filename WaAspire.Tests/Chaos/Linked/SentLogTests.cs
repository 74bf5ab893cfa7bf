using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>What counts as a bubble on the phone of somebody whom a QR-paired account wrote to.</summary>
public sealed class SentLogTests
{
    private const string Ana = "40000100001";
    private const string Ion = "40000100002";
    private const string Own = "40790000001";

    [Fact]
    public void the_same_id_is_one_bubble_however_often_it_came() =>
        Assert.Equal(["a", "b"], Bubbles(Stanza(Ana, "a", 0), Stanza(Ana, "a", 0), Stanza(Ana, "b", 1), Stanza(Ana, "a", 0)));

    [Fact]
    public void the_same_words_under_another_id_are_a_second_bubble() =>
        Assert.Equal(["a", "a"], Bubbles(Stanza(Ana, "a", 0), Stanza(Ana, "a", 0) with { Id = "3EB0OTHER" }));

    [Fact]
    public void the_same_words_to_somebody_else_are_another_message() =>
        Assert.Equal(["a", "c"], Bubbles(Stanza(Ana, "a", 0), Stanza(Ion, "c", 0)));

    [Fact]
    public void what_its_recipient_could_not_read_is_known_by_its_id() =>
        Assert.Equal(["b"], Bubbles(Stanza(Ana, "b", 1) with { Text = null }));

    [Fact]
    public void a_message_is_unreadable_where_no_copy_of_it_could_be_read()
    {
        var unread = Stanza(Ana, "b", 1) with { Text = null };

        Assert.Equal(1, SentLog.Unreadable([Stanza(Ana, "a", 0), unread, unread], 0));
        Assert.Equal(0, SentLog.Unreadable([Stanza(Ana, "a", 0), unread, Stanza(Ana, "b", 1)], 0));
    }

    [Fact]
    public void what_nobody_was_told_was_accepted_is_a_bubble_all_the_same() =>
        Assert.Equal([TransportMessageId.Of("z"), "a"], Bubbles(Stanza("40000100009", "z", 0), Stanza(Ana, "a", 0)));

    [Fact]
    public void other_words_than_those_that_were_accepted_are_no_message_of_its_sender() =>
        Assert.Equal([TransportMessageId.Of("a")], Bubbles(Stanza(Ana, "a", 0) with { Text = "gibberish" }));

    [Fact]
    public void what_was_taken_before_the_phase_began_or_says_nothing_to_anybody_else_does_not_count()
    {
        TakenStanza[] taken = [Stanza(Ana, "a", 0) with { Number = 7 }, Stanza(Ana, "b", 1) with { Number = 8 }, Stanza(Ana, "a", 0) with { Number = 9 }, Stanza(Own, "p", 0) with { Number = 10 }];

        Assert.Equal(["b"], SentLog.Bubbles(taken, 7, [(Ana, ["a", "b"])]));
    }

    private static IReadOnlyList<string> Bubbles(params TakenStanza[] taken) => SentLog.Bubbles(taken, 0, [(Ana, ["a", "b"]), (Ion, ["c"])]);

    private static TakenStanza Stanza(string contact, string requestId, int number) =>
        new(1, Own, TransportMessageId.Of(requestId), contact, ChaosClient.TextOf(number));
}
