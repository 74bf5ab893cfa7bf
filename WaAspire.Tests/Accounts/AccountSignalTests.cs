using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Leasing;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;

namespace WaAspire.Tests.Accounts;

/// <summary>A pause that one worker stores is every worker's at once; nobody here ever reads all accounts again.</summary>
[Collection(AccountCollection.Name)]
public sealed class AccountSignalTests(AccountWorld world, RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private static readonly TimeSpan _lessThanTheRest = TimeSpan.FromSeconds(45);
    private WebApplication _one = null!;
    private WebApplication _other = null!;

    public async Task InitializeAsync()
    {
        (_one, _other) = (world.AnotherWorker(redis.ConnectionString), world.AnotherWorker(redis.ConnectionString));
        await _other.Services.GetRequiredService<AccountChanges>().StartAsync(CancellationToken.None);
        await Eventually.IsTrueAsync(async () => await ListenersAsync() > 0, "the other worker listens");
    }

    public async Task DisposeAsync()
    {
        await _other.Services.GetRequiredService<AccountChanges>().StopAsync(CancellationToken.None);
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task all_workers_learn_of_a_pause_and_of_its_end_and_the_waiting_lanes_are_due_at_once()
    {
        var sender = await world.OpenAsync();
        var (gate, lanes) = (_other.Services.GetRequiredService<SendGate>(), _other.Services.GetRequiredService<ILanes>());
        await _other.Services.GetRequiredService<AccountDirectory>().ReadAsync(sender.Id, CancellationToken.None);
        Assert.True(gate.MaySend(sender.Id));

        await PausesOfOne.PauseAsync(sender.Id, "test", null, CancellationToken.None);
        await Eventually.IsTrueAsync(() => Task.FromResult(!gate.MayTake(sender.Id)), "the other worker knows of the pause");
        var lane = new Lane(sender.Id, sender.Thread(1));
        await lanes.SignalAsync(lane, TimeSpan.Zero);
        Assert.Empty(await lanes.AcquireAsync(10, gate.MayTake));

        await PausesOfOne.ResumeAsync(sender.Id, "operator", _ => true, CancellationToken.None);

        // The account as a whole was put aside for as long as a test may wait: only the wake that comes with the signal brings it back.
        var held = await Eventually.GetAsync(async () => await lanes.AcquireAsync(10, gate.MayTake) is { Count: > 0 } taken ? taken[0] : null, "the lane is due again", _lessThanTheRest);
        Assert.Equal(lane, held.Lane);
    }

    [Fact]
    public async Task lanes_of_a_paused_account_cost_one_call_for_all_of_them()
    {
        var sender = await world.OpenAsync();
        var (gate, lanes) = (_other.Services.GetRequiredService<SendGate>(), _other.Services.GetRequiredService<ILanes>());
        for (var thread = 1; thread <= 50; thread++)
        {
            await lanes.SignalAsync(new Lane(sender.Id, sender.Thread(thread)), TimeSpan.Zero);
        }

        Assert.Empty(await lanes.AcquireAsync(10, gate.MayTake));

        // Put aside as a whole: the next look does not even see it.
        var seen = new List<string>();
        await lanes.AcquireAsync(10, account => { seen.Add(account); return false; });
        Assert.DoesNotContain(sender.Id, seen);
    }

    private AccountPauses PausesOfOne => _one.Services.GetRequiredService<AccountPauses>();

    private async Task<long> ListenersAsync()
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        return await connection.GetServer(connection.GetEndPoints()[0]).SubscriptionSubscriberCountAsync("waaspire:account-changed");
    }
}
