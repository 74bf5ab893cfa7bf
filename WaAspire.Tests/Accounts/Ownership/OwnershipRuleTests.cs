using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Tests.Accounts.Ownership;

/// <summary>When a worker takes an account that it does not hold: a pure rule over the server's times.</summary>
public sealed class OwnershipRuleTests
{
    private static readonly DateTimeOffset _renewed = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly OwnershipOptions _options = new();
    private static readonly AccountLease _held = new("account", "other", 3, false, null, _renewed);

    [Fact]
    public void an_unclean_end_is_waited_out_for_a_whole_lease_and_a_margin()
    {
        Assert.False(Decide(_held, _options.Lease).Take);
        Assert.False(Decide(_held, _options.Lease + _options.Margin).Take);
        Assert.True(Decide(_held, _options.Lease + _options.Margin + TimeSpan.FromTicks(1)).Take);
    }

    [Fact]
    public void the_holder_stops_trusting_before_anybody_else_may_take() => Assert.True(_options.Trust < _options.Lease + _options.Margin);

    [Fact]
    public void a_lease_is_looked_at_again_when_it_ends_and_never_later_than_a_renewal()
    {
        Assert.Equal(_options.RenewEvery, Decide(_held, TimeSpan.FromSeconds(1)).LookIn);
        Assert.Equal(TimeSpan.FromSeconds(5), Decide(_held, TimeSpan.FromSeconds(60)).LookIn);
    }

    [Fact]
    public void a_takeover_after_a_kill_is_seen_within_80_seconds() => Assert.True(_options.Lease + _options.Margin + _options.LookEvery < TimeSpan.FromSeconds(80));

    [Fact]
    public void a_free_account_is_taken_by_the_one_who_should_hold_it() => Assert.True(Decide(_held with { Owner = null, Clean = true }, TimeSpan.Zero).Take);

    [Fact]
    public void a_free_account_waits_for_whom_it_should_go_to_and_not_for_ever()
    {
        var free = _held with { Owner = null, Clean = true };

        Assert.False(Decide(free, TimeSpan.Zero, wish: "other").Take);
        Assert.False(Decide(free, TimeSpan.Zero, wish: "other", freeFor: _options.Patience - TimeSpan.FromTicks(1)).Take);
        Assert.True(Decide(free, TimeSpan.Zero, wish: "other", freeFor: _options.Patience).Take);
        Assert.True(Decide(free, TimeSpan.Zero, wish: null, freeFor: _options.Patience).Take);
    }

    [Fact]
    public void no_owner_without_a_clean_end_is_waited_out_as_well() => Assert.False(Decide(_held with { Owner = null }, TimeSpan.Zero).Take);

    [Fact]
    public void a_lease_in_its_own_name_that_it_does_not_hold_is_begun_anew() => Assert.True(Decide(_held with { Owner = "self" }, TimeSpan.Zero).Take);

    private static OwnershipDecision Decide(AccountLease lease, TimeSpan after, string? wish = "self", TimeSpan freeFor = default) =>
        OwnershipDecision.For(lease, _renewed + after, "self", wish, freeFor, _options);
}
