using System.Net.Http.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;

namespace WaAspire.Tests.Gateway;

/// <summary>A deleted account's device and its keys go, though its owner dies half way.</summary>
[Collection(LinkedSystemGroup.Name)]
public sealed class LeavingDeviceTests(LinkedSystem system)
{
    private const string Id = "leaving";
    private const string Phone = "40733000333";

    [Fact]
    public async Task a_worker_killed_between_the_log_out_and_the_clearing_of_the_keys_leaves_both_to_the_next_owner()
    {
        await system.StartAllWorkersAsync();
        await system.CommitAsync(DocumentWrite.Set(FirestorePaths.Account(Id), new DocumentFields
        {
            ["accountId"] = Id,
            [AccountFields.Provider] = Account.Baileys,
            [AccountFields.Status] = "connecting",
        }));
        await system.PairAsync(Id, Phone);

        // The device leaves, and the store takes no commit that would clear keys: nobody gets further than that.
        await SetFaultsAsync(new { failures = new[] { new { operation = "commit", status = "UNAVAILABLE", times = 100_000, contains = await ClearingAsync() } } });
        await system.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(Id), Precondition.Present, new DocumentFields { [AccountFields.Status] = AccountFields.Deleted, [AccountFields.LogOutWanted] = true }));
        await Eventually.IsTrueAsync(async () => !await IsLinkedAsync(), "the device has left the phone's list", LinkedSystem.Patience, () => system.StandAsync(Id));
        await LinkedSystem.KillAsync(await system.ProcessOfAsync((await system.OwnerAsync(Id))!));
        Assert.True(await WantsLogOutAsync());
        Assert.NotEmpty(await KeysAsync());
        await SetFaultsAsync(new { });

        await Eventually.IsTrueAsync(async () => !await WantsLogOutAsync() && await system.OwnerAsync(Id) is null, "the next owner has finished it", LinkedSystem.Patience, () => system.StandAsync(Id));
        Assert.Empty(await KeysAsync());
        Assert.False(await IsLinkedAsync());
        await system.StartAllWorkersAsync();
    }

    /// <summary>What only a commit says that leaves the session without the keys of now.</summary>
    private async Task<string> ClearingAsync() =>
        $$$"""
        "generation":{"integerValue":"{{{(await system.StoredAsync(FirestorePaths.Session(Id))).Integer("generation") + 1}}}"}
        """;

    private async Task<bool> WantsLogOutAsync() => (await system.StoredAsync(FirestorePaths.Account(Id))).Boolean(AccountFields.LogOutWanted) == true;

    private async Task<IReadOnlyList<StoredDocument>> KeysAsync() =>
        (await system.Firestore.QueryAsync(new DocumentQuery(FirestorePaths.SessionKeys(Id)), "test", CancellationToken.None)).Documents;

    private async Task<bool> IsLinkedAsync() =>
        (await system.Sockets.GetAsync("state")).GetProperty("devices").EnumerateArray().Any(device => $"{device}".Contains(Phone, StringComparison.Ordinal));

    private async Task SetFaultsAsync(object faults)
    {
        using var answer = await system.Firebase.PutAsJsonAsync("/emulator/v1/faults", faults);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
