using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Accounts;
using WaAspire.Worker.Accounts;

namespace WaAspire.Tests.Issues;

/// <summary>A pause and something else about the same account, at the same time.</summary>
[Collection(AccountCollection.Name)]
public sealed class PauseRaceTests(AccountWorld world)
{
    private static readonly SendPause _down = new(SendPause.ProviderDown, "131016", DateTimeOffset.UnixEpoch, null, AccountFault.ByAnswer);

    [Fact]
    public async Task a_reading_that_took_long_does_not_undo_a_newer_pause()
    {
        var sender = await world.OpenAsync();
        var old = Account.Read(await world.StoredAsync(FirestorePaths.Account(sender.Id)));
        await world.Pauses.PauseAsync(sender.Id, SendPause.Operator, null, CancellationToken.None);
        await world.Accounts.ReadAsync(sender.Id, CancellationToken.None);

        world.Accounts.Learn(old);

        Assert.False(world.Gate.MaySend(sender.Id));
    }

    [Fact]
    public async Task an_acceptance_does_not_end_a_pause_that_a_person_made_meanwhile()
    {
        var sender = await world.OpenAsync(also: Down);
        await world.Pauses.PauseAsync(sender.Id, SendPause.Operator, null, CancellationToken.None);
        await world.Accounts.ReadAsync(sender.Id, CancellationToken.None);

        world.Accounts.LetGo(sender.Id);

        Assert.False(world.Gate.MaySend(sender.Id));
    }

    [Fact]
    public async Task an_old_backlog_asks_also_while_the_provider_is_down_because_its_probe_must_not_be_sent()
    {
        var sender = await world.OpenAsync(also: Down);

        Assert.Equal(PauseResult.Done, await world.Pauses.AskAboutBacklogAsync(sender.Id, 2, DateTimeOffset.UnixEpoch, CancellationToken.None));

        Assert.Equal(SendPause.StaleBacklog, (await sender.PauseAsync())!.Reason);
    }

    [Fact]
    public async Task an_old_backlog_leaves_a_persons_pause_alone()
    {
        var sender = await world.OpenAsync();
        await world.Pauses.PauseAsync(sender.Id, "holiday", null, CancellationToken.None);

        Assert.Equal(PauseResult.Unchanged, await world.Pauses.AskAboutBacklogAsync(sender.Id, 2, DateTimeOffset.UnixEpoch, CancellationToken.None));

        Assert.Equal("holiday", (await sender.PauseAsync())!.Reason);
    }

    private static void Down(DocumentFields account) => account[AccountFields.SendPaused] = FirestoreValue.From(_down.ToFields());
}
