using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Proxy;
using WaAspire.Tests.Sending;
using WaAspire.Worker.Overview;

namespace WaAspire.Tests.Overview;

/// <summary>What one look costs is what docs/operations.md says; no loop reads meanwhile.</summary>
[Collection(WorkerCollection.Name)]
public sealed class OverviewCostTests(WorkerUnderTest world)
{
    [Fact]
    public async Task a_look_costs_ten_reads_three_for_each_account_and_one_for_each_message_listed()
    {
        var account = ProxyUnderTest.Next("looked-at");
        var thread = $"{account}__40700000001@s.whatsapp.net";
        await SetAsync(FirestorePaths.Account(account), new DocumentFields { ["status"] = "connected" });
        await SetAsync(FirestorePaths.Thread(thread), new DocumentFields { [ThreadFields.AccountId] = account, [ThreadFields.LastMessageAt] = DateTimeOffset.UnixEpoch });
        for (var message = 0; message < 8; message++)
        {
            await SetAsync(FirestorePaths.ThreadMessage(thread, $"m-{message}"), new DocumentFields { [ThreadMessageFields.TsClient] = DateTimeOffset.UnixEpoch.AddSeconds(message) });
        }

        var cost = world.Worker.GetRequiredService<FirestoreCost>();
        var before = cost.Total("read");
        var look = await world.Worker.GetRequiredService<OverviewReader>().ReadAsync(CancellationToken.None);
        var reads = cost.Total("read") - before;

        var listed = look.Waiting.Oldest.Count + look.Doubts.Count + look.DeadLetters.Messages.Count;
        var lastSeen = 18 * Math.Min(10, look.Accounts.Count);
        Assert.InRange(reads, 10, 10 + (3 * look.Accounts.Count) + listed + lastSeen);
    }

    private Task SetAsync(string path, DocumentFields fields) => world.CommitAsync([DocumentWrite.Set(path, fields)]);
}
