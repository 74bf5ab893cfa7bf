using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Simulation.Time;

namespace WaAspire.Tests.Simulation.Judging;

/// <summary>Each bound is passed once and kept once. Times are seconds after everything has healed.</summary>
public sealed class LivenessTests
{
    private const string Thread = "account__40700000001@s.whatsapp.net";

    [Theory]
    [InlineData(0, 70, false)]
    [InlineData(0, 80, true)]
    [InlineData(-300, 10, false)]
    [InlineData(-300, 15, true)]
    public void V2_a_claim_that_has_run_out_is_rescued_within_a_sweep(double claimed, double looked, bool isBroken) =>
        Assert.Equal(isBroken, IsBroken("V2", UnknownOutcomePolicy.Hold, hadDoubt: false, [Message(1, "processing", updated: claimed)], looked));

    [Theory]
    [InlineData(UnknownOutcomePolicy.Fail, 130, false)]
    [InlineData(UnknownOutcomePolicy.Fail, 140, true)]
    [InlineData(UnknownOutcomePolicy.Resend, 140, true)]
    [InlineData(UnknownOutcomePolicy.Hold, 1000, false)]
    public void V3_a_policy_settles_a_doubt_within_a_sweep_of_the_quiet_period(UnknownOutcomePolicy policy, double looked, bool isBroken) =>
        Assert.Equal(isBroken, IsBroken("V3", policy, hadDoubt: false, [Message(1, "uncertain", updated: 0, due: 119)], looked));

    [Theory]
    [InlineData(0, 85, 740, false)]
    [InlineData(0, 85, 750, true)]
    [InlineData(-140, -20, 620, false)]
    [InlineData(-140, -20, 630, true)]
    [InlineData(-130, -10, 15, true)]
    public void V3_one_that_the_sweep_has_passed_waits_for_a_look_at_its_lane(double since, double due, double looked, bool isBroken) =>
        Assert.Equal(isBroken, IsBroken("V3", UnknownOutcomePolicy.Fail, hadDoubt: false, [Message(1, "uncertain", updated: since, due)], looked));

    [Theory]
    [InlineData(false, 25, false)]
    [InlineData(false, 26, true)]
    [InlineData(true, 620, false)]
    [InlineData(true, 630, true)]
    public void V4_what_may_be_claimed_is_claimed(bool hadDoubt, double looked, bool isBroken) =>
        Assert.Equal(isBroken, IsBroken("V4", UnknownOutcomePolicy.Hold, hadDoubt, [Message(1, "queued", updated: 0)], 0, looked));

    [Theory]
    [InlineData("uncertain", 0)]
    [InlineData("processing", 0)]
    [InlineData("queued", 1000)]
    public void V4_who_stands_behind_another_or_is_not_due_waits(string first, double due) =>
        Assert.False(IsBroken("V4", UnknownOutcomePolicy.Hold, hadDoubt: false, [Message(1, first, updated: 0, due), Message(2, "queued", updated: 0)], 0, 30));

    [Fact]
    public void V4_a_claim_in_between_begins_the_wait_anew()
    {
        var watch = new LivenessWatch(UnknownOutcomePolicy.Hold, World.Epoch);
        foreach (var (status, at) in new[] { ("queued", 0d), ("processing", 20), ("queued", 24), ("queued", 40) })
        {
            watch.Look(World.Epoch.AddSeconds(at), [Message(1, status, updated: at)], _ => true);
        }

        Assert.Empty(watch.Broken);
    }

    [Theory]
    [InlineData(0, 80, false)]
    [InlineData(0, 81, true)]
    [InlineData(50, 120, false)]
    public void V5_a_linked_account_has_a_session_again(double open, double looked, bool isBroken)
    {
        var watch = new LivenessWatch(UnknownOutcomePolicy.Hold, World.Epoch);
        watch.LookAtSession(World.Epoch.AddSeconds(open), isOpen: true);
        watch.LookAtSession(World.Epoch.AddSeconds(looked), isOpen: false);

        Assert.Equal(isBroken, watch.Broken.Count > 0);
    }

    private static bool IsBroken(string rule, UnknownOutcomePolicy policy, bool hadDoubt, StoredDocument[] outbox, params double[] looks)
    {
        var watch = new LivenessWatch(policy, World.Epoch);
        if (hadDoubt)
        {
            watch.HadDoubt(Thread);
        }

        foreach (var at in looks)
        {
            watch.Look(World.Epoch.AddSeconds(at), outbox, _ => true);
        }

        return watch.Broken.Any(line => line.StartsWith(rule, StringComparison.Ordinal));
    }

    private static StoredDocument Message(int number, string status, double updated, double due = -1) => new(
        FirestorePaths.OutboxMessage($"{number:x64}"),
        new DocumentFields
        {
            [OutboxFields.Schema] = OutboxTransitions.CurrentSchema,
            [OutboxFields.Status] = status,
            [OutboxFields.AccountId] = "account",
            [OutboxFields.ThreadId] = Thread,
            [OutboxFields.OrderAt] = World.Epoch.AddSeconds(number - 100),
            [OutboxFields.NextAttemptAt] = World.Epoch.AddSeconds(due),
            [OutboxFields.DoubtSince] = World.Epoch.AddSeconds(updated),
        },
        World.Epoch.AddSeconds(-100),
        World.Epoch.AddSeconds(updated));
}
