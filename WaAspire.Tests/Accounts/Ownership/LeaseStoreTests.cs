using Microsoft.Extensions.DependencyInjection;
using WaAspire.Worker.Accounts.Ownership;

namespace WaAspire.Tests.Accounts.Ownership;

/// <summary>The lease of a session as documents: one owner, epochs that only grow, and a fence on every write.</summary>
[Collection(OwnershipCollection.Name)]
public sealed class LeaseStoreTests(TwoOwners world)
{
    private readonly string _account = TwoOwners.NewAccount();

    [Fact]
    public async Task of_two_workers_that_saw_the_same_lease_one_takes_it()
    {
        var seen = await world.LeaseAsync(_account);

        var terms = await Task.WhenAll(
            Leases(world.One).TakeAsync(seen, CancellationToken.None), Leases(world.Other).TakeAsync(seen, CancellationToken.None));

        Assert.Equal(1, Assert.Single(terms, term => term is not null)!.Epoch);
    }

    [Fact]
    public async Task a_lease_that_was_given_back_is_free_at_once_and_its_epoch_goes_on()
    {
        var term = await world.TakeAsync(world.One, _account);
        Assert.True(await Leases(world.One).ReleaseAsync(term, CancellationToken.None));

        var free = await world.LeaseAsync(_account);
        Assert.Null(free.EndsAt(new OwnershipOptions()));
        Assert.Equal((1L, true, (string?)null), (free.Epoch, free.Clean, free.Owner));
        Assert.Equal(2, (await world.TakeAsync(world.Other, _account)).Epoch);
    }

    [Fact]
    public async Task a_deposed_owner_can_neither_renew_nor_give_back()
    {
        var old = await world.TakeAsync(world.One, _account);
        var taken = await world.TakeAsync(world.Other, _account);

        Assert.Null(await Leases(world.One).RenewAsync(old, CancellationToken.None));
        Assert.False(await Leases(world.One).ReleaseAsync(old, CancellationToken.None));
        Assert.Equal((2L, false), ((await world.LeaseAsync(_account)).Epoch, (await world.LeaseAsync(_account)).Clean));
        Assert.NotNull(await Leases(world.Other).RenewAsync(taken, CancellationToken.None));
    }

    [Fact]
    public async Task a_renewal_whose_reply_is_lost_does_not_cost_the_term()
    {
        var term = await world.TakeAsync(world.One, _account);
        LeaseTerm? renewed;
        await using (await world.LoseReplyAsync(_account))
        {
            renewed = await Leases(world.One).RenewAsync(term, CancellationToken.None);
        }

        Assert.Equal(term.Epoch, renewed!.Epoch);
        Assert.NotNull(await Leases(world.One).RenewAsync(renewed, CancellationToken.None));
    }

    [Fact]
    public async Task a_lease_whose_giving_back_has_no_reply_is_known_to_be_free()
    {
        var term = await world.TakeAsync(world.One, _account);
        await using var fault = await world.LoseReplyAsync(_account);

        Assert.True(await Leases(world.One).ReleaseAsync(term, CancellationToken.None));
        Assert.Equal((null, true), ((await world.LeaseAsync(_account)).Owner, (await world.LeaseAsync(_account)).Clean));
    }

    [Fact]
    public async Task a_lease_is_given_back_though_nobody_heard_of_its_last_renewal()
    {
        var term = await world.TakeAsync(world.One, _account);
        Assert.NotNull(await Leases(world.One).RenewAsync(term, CancellationToken.None));

        Assert.True(await Leases(world.One).ReleaseAsync(term, CancellationToken.None));
        Assert.Equal((null, true), ((await world.LeaseAsync(_account)).Owner, (await world.LeaseAsync(_account)).Clean));
    }

    [Fact]
    public async Task a_lease_whose_reply_is_lost_is_known_by_its_owner_and_epoch()
    {
        var seen = await world.LeaseAsync(_account);
        await using var fault = await world.LoseReplyAsync(_account);

        Assert.Equal(1, (await Leases(world.One).TakeAsync(seen, CancellationToken.None))!.Epoch);
    }

    private static LeaseStore Leases(IServiceProvider worker) => worker.GetRequiredService<LeaseStore>();
}
