using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Simulation.Provider;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Judging;

/// <summary>A rule that cannot be broken says nothing: each is broken here once, by one change to a history that breaks none.</summary>
public sealed class JudgeTests
{
    private static readonly Dictionary<string, (string Rule, Action<Story> Change)> _broken = new(StringComparer.Ordinal)
    {
        ["two bubbles"] = ("S1 duplicate", story => story.Bubbles.Add(Story.BubbleOf(story.First, "wamid.99", 13))),
        ["nobody asked"] = ("S1 unexpected", story => story.Bubbles.Add(new Bubble("3EB0UNKNOWN", "3EB0UNKNOWN", "+40700000001", "3EB0UNKNOWN", TimeSpan.FromSeconds(13)))),
        ["not asked yet"] = ("S1 unexpected", story => story.First.Asked = null),
        ["another person's phone"] = ("S1 unexpected", story => story.Bubbles[0] = story.Bubbles[0] with { Phone = "+40799999999" }),
        ["gone"] = ("S2 lost", story => story.LoseCopy(story.Refused)),
        ["gone from the outbox"] = ("S2 lost", story => story.LoseMessage(story.Refused)),
        ["arrived, shown as failed"] = ("S3 untrue", story => story.Shows(story.First, "failed")),
        ["shown as sent, never accepted"] = ("S3 untrue", story => story.Shows(story.Refused, "sent")),
        ["taken back, and arrived"] = ("S3 untrue", story => story.First.IsCanceled = true),
        ["arrived, failed in the outbox"] = ("S3 untrue: the outbox", story => story.Outbox(story.First, OutboxFields.Status, "failed")),
        ["arrived, in doubt in the outbox"] = ("S3 untrue: the outbox", story => story.Outbox(story.First, OutboxFields.Status, "uncertain")),
        ["sent in the outbox, never arrived"] = ("S3 untrue: the outbox", story => story.Outbox(story.Refused, OutboxFields.Status, "sent")),
        ["under an id that no phone has"] = ("S3 untrue: the outbox", story => story.Outbox(story.First, OutboxFields.ProviderMessageId, "wamid.77")),
        ["arrived under an id that is not known"] = ("S3 untrue", Twice),
        ["shown as more than was told"] = ("S3 untrue", story => story.Told.Clear()),
        ["canceled in the outbox, waiting in its thread"] = ("S3 two words", story => story.Shows(story.Withdrawn, "queued")),
        ["in doubt in the outbox, ended in its thread"] = ("S3 two words", story => story.Outbox(story.Refused, OutboxFields.Status, "uncertain")),
        ["overtaken"] = ("S4 inversion", story => story.Bubbles[0] = story.Bubbles[0] with { At = TimeSpan.FromSeconds(12.5) }),
        ["went back"] = ("S8", story => story.First.Seen.Add("delivered")),
        ["came to life"] = ("S8", story => story.Withdrawn.Seen.Add("queued")),
        ["a letter is missing"] = ("S10", story => story.LoseLetter()),
        ["a letter counts twice"] = ("S10", story => story.Unread(2)),
        ["not ended"] = ("not ended", story => story.HasEnded = false),
        ["early"] = ("early", story => Story.Times(story.First, sendAt: 15)),
        ["too late"] = ("expired", story => Story.Times(story.First, expiresAt: 5)),
        ["a receipt that is not shown"] = ("V1 receipt lost", story => story.Shows(story.First, "delivered")),
        ["a receipt that the outbox does not have"] = ("V1 receipt lost", story => story.Outbox(story.First, OutboxFields.DeliveryStatus, "sent")),
        ["failed by a refusal that never was"] = ("no cause", story => story.Refusals.Clear()),
        ["failed by a refusal that is not for good"] = ("no cause", story => Fail(story, "131000", refusals: 131000)),
        ["failed by a refusal that never spends"] = ("no cause", story => Fail(story, "131056", attempts: 5, refusals: 131056)),
        ["failed before its time"] = ("no cause", story => Expire(story, at: 25)),
        ["given up by nobody"] = ("no cause", story => Fail(story, "operator")),
        ["given up under Hold"] = ("no cause", story => Fail(story, "unknown_outcome")),
        ["failed without a word"] = ("no cause", story => story.Outbox(story.Refused, OutboxFields.Failure, FirestoreValue.Null)),
        ["canceled by nobody"] = ("no cause", story => story.Withdrawn.IsCancelAsked = false),
    };

    private static readonly Dictionary<string, Action<Story>> _lawful = new(StringComparer.Ordinal)
    {
        ["nothing went wrong"] = _ => { },
        ["twice, as the policy asks"] = story =>
        {
            Twice(story);
            story.Policy = UnknownOutcomePolicy.Resend;
            story.Outbox(story.First, OutboxFields.SecondProviderMessageIds, FirestoreValue.From([FirestoreValue.From("wamid.99")]));
        },
        ["attempts spent"] = story => Fail(story, "131000", attempts: 4, refusals: 131000),
        ["expired"] = story => Expire(story, at: 20),
        ["expired while it was claimed, slowly"] = story =>
        {
            Expire(story, at: 45);
            story.Outbox(story.Refused, OutboxFields.ClaimSeq, 1L);
        },
        ["given up by a person"] = story => (Fail(story, "operator").IsWrittenOff, _) = (true, 0),
        ["given up by policy"] = story => (story.Policy, _) = (UnknownOutcomePolicy.Fail, Fail(story, "unknown_outcome")),
        ["proved after it had failed"] = story => (story.First.Seen[0], story.First.Seen[1]) = ("failed", "sent"),
        ["replayed, at the end of its thread"] = story =>
        {
            story.First.Replayed = (TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(12.2));
            story.Bubbles[0] = story.Bubbles[0] with { At = TimeSpan.FromSeconds(12.5) };
        },
    };

    public static TheoryData<string> Broken => [.. _broken.Keys];

    public static TheoryData<string> Lawful => [.. _lawful.Keys];

    [Theory]
    [MemberData(nameof(Broken))]
    public void what_breaks_a_rule_is_named(string change)
    {
        var story = new Story();
        _broken[change].Change(story);

        Assert.Contains(story.Broken(), line => line.StartsWith(_broken[change].Rule, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Lawful))]
    public void what_is_lawful_breaks_none(string change)
    {
        var story = new Story();
        _lawful[change](story);

        Assert.Empty(story.Broken());
    }

    [Theory]
    [InlineData(5, 5, 0)]
    [InlineData(6, 5, 1)]
    [InlineData(5, 4, 1)]
    public void S13_claims_count_upwards_and_attempts_have_a_limit(long attempts, long claims, int broken)
    {
        var watch = new AttemptWatch(UnknownOutcomePolicy.Hold);
        watch.Watch(Version(1, 5));
        watch.Watch(Version(attempts, claims));

        Assert.Equal(broken, watch.Broken.Count);
    }

    [Theory]
    [InlineData("a", "b", true)]
    [InlineData("a", "a", false)]
    public void S5_two_messages_for_one_phone_are_not_on_their_way_at_once(string first, string second, bool isBroken)
    {
        var world = new World(1);
        var whatsApp = new SimulatedWhatsApp(world, new Faults.ChosenProviderFaults(), new Sockets(world, Assert.Fail), _ => { });

        whatsApp.TakeOwn($"message-{first}", "40700000001@s.whatsapp.net");
        whatsApp.TakeOwn("message-other", "40700000002@s.whatsapp.net");
        whatsApp.TakeOwn($"message-{second}", "40700000001@s.whatsapp.net");

        Assert.Equal(isBroken, whatsApp.Overlap is not null);
    }

    private static StoredDocument Version(long attempts, long claims) => new(
        FirestorePaths.OutboxMessage($"{1:x64}"), new DocumentFields { [OutboxFields.AttemptCount] = attempts, [OutboxFields.ClaimSeq] = claims }, World.Epoch, World.Epoch);

    private static void Twice(Story story) => story.Bubbles.Add(Story.BubbleOf(story.First, "wamid.99", 13));

    private static void Expire(Story story, double at)
    {
        Fail(story, "expired");
        story.Outbox(story.Refused, OutboxFields.ExpiresAt, World.Epoch.AddSeconds(at));
    }

    private static People.ClientMessage Fail(Story story, string code, long attempts = 1, int? refusals = null)
    {
        story.Outbox(story.Refused, OutboxFields.Failure, FirestoreValue.From(new DocumentFields { ["code"] = code }));
        story.Outbox(story.Refused, OutboxFields.AttemptCount, attempts);
        story.Outbox(story.Refused, OutboxFields.OutcomeUnknown, true);
        if (refusals is { } number)
        {
            story.Refusals.Add((story.Refused.RequestId, number));
        }

        return story.Refused;
    }
}
