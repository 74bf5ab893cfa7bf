using WaAspire.Messaging.Outbox;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>What counts as a bubble on the phone of somebody whom a QR-paired account wrote to.</summary>
public sealed class SentLogTests
{
    private const string Ana = "40000100001";
    private const string Ion = "40000100002";

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
    public void what_nobody_was_told_was_accepted_here_belongs_to_another_phase() =>
        Assert.Empty(Bubbles(Stanza("40000100009", "z", 0)));

    private static IReadOnlyList<string> Bubbles(params TakenStanza[] taken) => SentLog.Bubbles(taken, [(Ana, ["a", "b"]), (Ion, ["c"])]);

    private static TakenStanza Stanza(string contact, string requestId, int number) =>
        new("40790000001", TransportMessageId.Of(requestId), contact, ChaosClient.TextOf(number));
}
