using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Gateway;

/// <summary>A session that waits for a person waits for that person, whoever owns it.</summary>
public sealed class StoppedSessionTests(LinkedWorld world) : IClassFixture<LinkedWorld>
{
    [Theory]
    [InlineData("401", "needs_qr", "logged_out")]
    [InlineData("403", "disconnected", "account_locked")]
    [InlineData("405", "disconnected", "client_outdated")]
    [InlineData("406", "disconnected", "account_banned")]
    [InlineData("411", "disconnected", "multi_device_required")]
    [InlineData("440", "disconnected", "replaced_by_new_session")]
    public async Task what_waits_for_a_person_is_not_opened_by_the_next_owner(string code, string status, string reason)
    {
        var (stopped, healthy) = (await world.LinkAsync(), await world.LinkAsync());
        await world.WhatsApp.PostAsync("faults", new { refuseLogin = code is "401" or "440" ? null : new { phone = stopped.Phone, code } });
        await world.WhatsApp.PostAsync("disconnect", new { account = stopped.Phone, how = code switch { "401" => "logout", "440" => "replaced", _ => "503" } });
        await stopped.StandsAsync(account => account.Text(AccountFields.Status) == status && account.Text("lastDisconnectReason") == reason, $"{code} is shown");
        await world.WhatsApp.PostAsync("faults", new { refuseLogin = (object?)null });
        var epoch = (await stopped.StoredAsync()).Integer("sessionEpoch");

        await world.StopWorkerAsync();
        await world.StartWorkerAsync();
        await healthy.StandsAsync(account => account.Integer("sessionEpoch") > epoch && account.Text(AccountFields.Status) == "connected", "the other account is back");
        await Eventually.IsTrueAsync(() => Task.FromResult(stopped.Held is not null), "the stopped one has its new owner", LinkedAccount.Patience);

        // Several turns of the owner later nothing has changed, until a person asks.
        var logins = await LoginsAsync(stopped);
        await healthy.BecomesAsync(await healthy.QueueAsync(await healthy.OpenThreadAsync("40722000777"), "meanwhile"), WaAspire.Messaging.Outbox.OutboxStatus.Sent);
        Assert.Equal((logins, status, reason), (
            await LoginsAsync(stopped),
            (await stopped.StoredAsync()).Text(AccountFields.Status),
            (await stopped.StoredAsync()).Text("lastDisconnectReason")));
        Assert.False(stopped.Held!.IsOpened);

        await world.PairAsync(stopped);
    }

    [Fact]
    public async Task a_ban_that_ends_by_itself_ends_for_the_next_owner_too()
    {
        var account = await world.LinkAsync();
        await world.StopWorkerAsync();
        await world.StartWorkerAsync();
        await account.StandsAsync(stored => stored.Text(AccountFields.Status) == "connected", "it is back");
        await StoreBanAsync(account, TimeSpan.FromHours(1));

        await world.StopWorkerAsync();
        await world.StartWorkerAsync();
        await Eventually.IsTrueAsync(() => Task.FromResult(account.Held is not null), "it has its owner", LinkedAccount.Patience);
        Assert.False(account.Held!.IsOpened);

        await StoreBanAsync(account, TimeSpan.FromSeconds(-1));
        await account.StandsAsync(stored => stored.Text(AccountFields.Status) == "connected", "the ban is over");
    }

    /// <summary>Of this account alone: those of the other rows come back in their own time.</summary>
    private async Task<int> LoginsAsync(LinkedAccount account) => (await world.WhatsApp.ComingsAsync()).Count(coming => coming.IsLogin && coming.Phone == account.Phone);

    private Task StoreBanAsync(LinkedAccount account, TimeSpan left) => world.CommitAsync(DocumentWrite.Update(
        FirestorePaths.Account(account.Id),
        Precondition.Present,
        new DocumentFields
        {
            [AccountFields.Status] = "disconnected",
            [AccountFields.SessionState] = "stopped",
            [AccountFields.SessionReason] = "temporarily_banned",
            [AccountFields.SessionUntil] = world.Worker.GetRequiredService<ServerClock>().Now + left,
        }));
}
