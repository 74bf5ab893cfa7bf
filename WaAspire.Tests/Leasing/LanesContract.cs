using WaAspire.Messaging.Leasing;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Leasing;

/// <summary>What every kind of lanes must do. The real Redis passes it; so must whatever stands in for it.</summary>
public abstract class LanesContract
{
    /// <summary>Longer than any machine stands still: a hold runs out only when a test lets the time pass.</summary>
    protected static readonly TimeSpan Hold = TimeSpan.FromMinutes(5);
    private static readonly Lane _ana = new("account-1", "account-1__40700000001@s.whatsapp.net");
    private static readonly Lane _ion = new("account-1", "account-1__40700000002@s.whatsapp.net");
    private static readonly Lane _elsewhere = new("account-2", "account-2__40700000003@s.whatsapp.net");

    protected abstract ILanes Lanes { get; }

    [Fact]
    public async Task a_signalled_lane_is_taken_once()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);

        Assert.Equal(_ana, Assert.Single(await TakeAsync(10)).Lane);
        Assert.Empty(await TakeAsync(10));
    }

    [Fact]
    public async Task two_takers_share_the_lanes_without_overlap()
    {
        Lane[] lanes = [.. Enumerable.Range(0, 40).Select(i => new Lane($"account-{i % 3}", $"thread-{i}"))];
        foreach (var lane in lanes)
        {
            await Lanes.SignalAsync(lane, TimeSpan.Zero);
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => TakeAsync(4)));

        Assert.Equal(lanes.OrderBy(lane => lane.ThreadId), taken.SelectMany(held => held).Select(held => held.Lane).OrderBy(lane => lane.ThreadId));
    }

    [Fact]
    public async Task no_more_are_taken_than_asked_for()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        await Lanes.SignalAsync(_elsewhere, TimeSpan.Zero);

        Assert.Single(await TakeAsync(1));
        Assert.Single(await TakeAsync(1));
        Assert.Empty(await TakeAsync(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task an_account_with_many_due_lanes_does_not_keep_another_waiting(int hands)
    {
        for (var i = 0; i < 100; i++)
        {
            await Lanes.SignalAsync(new Lane(_ana.AccountId, $"thread-{i}"), TimeSpan.Zero);
        }

        await TakeAsync(hands);
        await Lanes.SignalAsync(_elsewhere, TimeSpan.Zero);

        var taken = (await TakeAsync(hands)).Concat(await TakeAsync(hands)).ToList();

        Assert.Contains(taken, held => held.Lane == _elsewhere);
        Assert.Equal(2 * hands, taken.Count);
    }

    [Fact]
    public async Task an_account_that_is_signalled_again_and_again_does_not_lose_its_place()
    {
        // One hand is free at a time, as when all are full.
        for (var i = 0; i < 100; i++)
        {
            await Lanes.SignalAsync(new Lane(_ana.AccountId, $"thread-{i}"), TimeSpan.Zero);
        }

        var taken = new List<HeldLane>();
        for (var turn = 0; turn < 4; turn++)
        {
            await Lanes.SignalAsync(_elsewhere, TimeSpan.Zero);
            taken.AddRange(await TakeAsync(1));
        }

        Assert.Contains(taken, held => held.Lane == _elsewhere);
    }

    [Fact]
    public async Task lanes_of_an_account_that_may_not_send_stay()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        await Lanes.SignalAsync(_elsewhere, TimeSpan.Zero);

        Assert.Equal(_elsewhere, Assert.Single(await Lanes.AcquireAsync(10, account => account == "account-2")).Lane);
        await TakenEventuallyAsync(_ana);
    }

    [Fact]
    public async Task a_lane_whose_holder_is_gone_comes_free_under_a_higher_token()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        var first = Assert.Single(await TakeAsync(1));

        var second = await TakenEventuallyAsync(_ana);

        Assert.True(second.Token > first.Token);
        Assert.False(await Lanes.ReleaseAsync(first, new LaneRelease.Empty(DateTimeOffset.MinValue)));
        Assert.Equal(first, Assert.Single(await Lanes.RenewAsync([first])));
        Assert.True(await Lanes.ReleaseAsync(second, new LaneRelease.Empty(DateTimeOffset.MinValue)));
    }

    [Fact]
    public async Task a_renewed_lane_stays_with_its_holder()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        var held = Assert.Single(await TakeAsync(1));

        for (var i = 0; i < 6; i++)
        {
            await PassAsync(Hold / 4);
            Assert.Empty(await Lanes.RenewAsync([held]));
            Assert.Empty(await TakeAsync(1));
        }
    }

    [Fact]
    public async Task an_empty_lane_rests_until_it_is_signalled()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        Assert.True(await Lanes.ReleaseAsync(Assert.Single(await TakeAsync(1)), new LaneRelease.Empty(DateTimeOffset.MinValue)));
        Assert.Empty(await TakeAsync(1));

        await Lanes.SignalAsync(_ana, TimeSpan.Zero);

        Assert.Single(await TakeAsync(1));
    }

    [Fact]
    public async Task a_signal_to_a_held_lane_makes_an_empty_release_due_at_once()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        var held = Assert.Single(await TakeAsync(1));
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);

        await Lanes.ReleaseAsync(held, new LaneRelease.Empty(DateTimeOffset.MinValue));

        Assert.Equal(_ana, Assert.Single(await TakeAsync(1)).Lane);
    }

    [Fact]
    public async Task a_signal_of_a_commit_that_the_holder_has_seen_does_not_wake_the_lane_again()
    {
        var seen = new DateTimeOffset(2026, 1, 31, 12, 0, 0, 123, 456, TimeSpan.Zero);
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        var held = Assert.Single(await TakeAsync(1));
        await Lanes.SignalAsync(_ana, TimeSpan.Zero, seen);

        await Lanes.ReleaseAsync(held, new LaneRelease.Empty(seen));

        Assert.Empty(await TakeAsync(1));
    }

    [Fact]
    public async Task a_signal_of_a_later_commit_wakes_the_lane_again_whatever_signals_come_after_it()
    {
        var seen = new DateTimeOffset(2026, 1, 31, 12, 0, 0, 123, 456, TimeSpan.Zero);
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        var held = Assert.Single(await TakeAsync(1));
        await Lanes.SignalAsync(_ana, TimeSpan.Zero, seen.AddMicroseconds(1));
        await Lanes.SignalAsync(_ana, TimeSpan.Zero, seen);

        await Lanes.ReleaseAsync(held, new LaneRelease.Empty(seen));

        Assert.Equal(_ana, Assert.Single(await TakeAsync(1)).Lane);
    }

    [Fact]
    public async Task a_signal_that_comes_after_a_hold_ran_out_is_not_lost_on_its_late_holder()
    {
        var seen = new DateTimeOffset(2026, 1, 31, 12, 0, 0, 123, 456, TimeSpan.Zero);
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        var held = Assert.Single(await TakeAsync(1));
        await PassAsync(Hold + Hold);
        await Lanes.SignalAsync(_ana, TimeSpan.Zero, seen.AddMicroseconds(1));

        await Lanes.GiveBackAsync(held, new LaneRelease.Empty(seen));

        Assert.Equal(_ana, Assert.Single(await TakeAsync(1)).Lane);
    }

    [Fact]
    public async Task what_a_later_holder_blocked_is_due_again_when_the_one_it_waited_for_comes_back()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        var first = Assert.Single(await TakeAsync(1));
        var second = await TakenEventuallyAsync(_ana);
        await Lanes.GiveBackAsync(second, new LaneRelease.Blocked(TimeSpan.FromDays(1)));

        // Its own message is to be tried again in a while, and not when the other had meant to look.
        await Lanes.GiveBackAsync(first, new LaneRelease.Blocked(TimeSpan.FromSeconds(1)));

        Assert.Equal(_ana, Assert.Single(await TakeAsync(1)).Lane);
    }

    [Fact]
    public async Task a_lane_that_is_due_later_is_taken_later_unless_a_signal_comes()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        await Lanes.ReleaseAsync(Assert.Single(await TakeAsync(1)), new LaneRelease.DueIn(TimeSpan.FromHours(1)));
        Assert.Empty(await TakeAsync(1));

        await Lanes.SignalAsync(_ana, TimeSpan.Zero);

        Assert.Single(await TakeAsync(1));
    }

    [Fact]
    public async Task a_lane_becomes_due_by_itself_when_its_time_comes()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        await Lanes.ReleaseAsync(Assert.Single(await TakeAsync(1)), new LaneRelease.DueIn(Hold));

        await TakenEventuallyAsync(_ana);
    }

    [Fact]
    public async Task signals_leave_a_blocked_lane_alone()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        var held = Assert.Single(await TakeAsync(1));
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        await Lanes.ReleaseAsync(held, new LaneRelease.Blocked(TimeSpan.FromHours(1)));
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        await Lanes.SignalAsync(_ion, TimeSpan.Zero);

        Assert.Equal(_ion, Assert.Single(await TakeAsync(10)).Lane);
    }

    [Fact]
    public async Task an_unblock_frees_a_blocked_lane()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        await Lanes.ReleaseAsync(Assert.Single(await TakeAsync(1)), new LaneRelease.Blocked(TimeSpan.FromHours(1)));

        await Lanes.UnblockAsync(_ana);

        Assert.Single(await TakeAsync(1));
    }

    [Fact]
    public async Task an_unblock_of_a_held_lane_makes_it_due_again_whatever_its_holder_says()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        var held = Assert.Single(await TakeAsync(1));
        await Lanes.UnblockAsync(_ana);

        await Lanes.ReleaseAsync(held, new LaneRelease.Blocked(TimeSpan.FromHours(1)));

        Assert.Single(await TakeAsync(1));
    }

    [Fact]
    public async Task a_blocked_lane_is_looked_at_again_when_its_time_comes()
    {
        await Lanes.SignalAsync(_ana, TimeSpan.Zero);
        await Lanes.ReleaseAsync(Assert.Single(await TakeAsync(1)), new LaneRelease.Blocked(Hold));

        await TakenEventuallyAsync(_ana);
    }

    [Fact]
    public async Task the_sweep_cursor_is_what_was_saved()
    {
        var first = (await Lanes.TryTakeSweepAsync(TimeSpan.FromMilliseconds(1)))!;
        Assert.Null(first.Cursor);
        var cursor = new DateTimeOffset(2026, 1, 31, 12, 0, 0, 123, 456, TimeSpan.Zero);

        await Lanes.SaveSweepCursorAsync(first, cursor);

        await Eventually.IsTrueAsync(
            async () => await Lanes.TryTakeSweepAsync(TimeSpan.FromMilliseconds(1)) is { } turn && turn.Cursor == cursor, "the cursor comes back");
    }

    [Fact]
    public async Task a_signal_ends_the_wait()
    {
        var wait = Lanes.WaitForSignalAsync(TimeSpan.FromHours(1), CancellationToken.None);
        await Eventually.IsTrueAsync(
            async () =>
            {
                await Lanes.SignalAsync(_ana, TimeSpan.Zero);
                return wait.IsCompleted;
            },
            "the waiter was woken");
        await wait;
    }

    /// <summary>Lets time pass on the lanes' own clock, at once.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    private Task<IReadOnlyList<HeldLane>> TakeAsync(int count) => Lanes.AcquireAsync(count, _ => true);

    private async Task<HeldLane> TakenEventuallyAsync(Lane lane) => await Eventually.GetAsync(
        async () =>
        {
            await PassAsync(Hold / 4);
            return (await TakeAsync(10)).FirstOrDefault(held => held.Lane == lane);
        },
        "the lane is taken");
}
