using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;

namespace WaAspire.Tests.Gateway;

/// <summary>Thirty accounts over workers that join, leave and die. What it took is left in <c>artifacts/account-ownership.txt</c>.</summary>
[Collection(LinkedSystemGroup.Name)]
public sealed class OwnershipFlowTests(LinkedSystem system)
{
    private const int Accounts = 30;

    // A close that was slow to be seen makes the time between the first and the last look shorter than it was.
    private static readonly TimeSpan _slack = TimeSpan.FromSeconds(5);
    private static readonly string[] _ids = [.. Enumerable.Range(1, Accounts).Select(number => $"fleet_{number:d2}")];
    private readonly List<string> _figures = [];

    [Fact]
    public async Task thirty_accounts_spread_move_one_at_a_time_and_never_have_two_owners()
    {
        await system.StartAllWorkersAsync();
        var third = system.Replicas("worker")[^1];
        await system.CommandAsync(third.Id, "stop");
        await Task.WhenAll(_ids.Select(AddAsync));
        await ConnectedAsync();
        await SpreadOverAsync(2);
        Measured($"{Accounts} accounts on two workers: {await SpreadAsync()}");
        var devices = await system.Sockets.DevicesAsync();

        await JoinAsync(third.Id);
        await LeaveAsync("SIGTERM", limit: TimeSpan.FromSeconds(3));
        await LeaveAsync("SIGKILL", limit: TimeSpan.FromSeconds(80));

        // Nobody scanned anything, and no account had two sockets open at any time.
        Assert.Equal(devices, await system.Sockets.DevicesAsync());
        Assert.All((await ComingsAsync()).Where(coming => coming.IsLogin), login => Assert.Equal(0, login.Others));
        await File.WriteAllLinesAsync(Path.Combine(Artifacts.Folder, "account-ownership.txt"), _figures);
        await system.StartAllWorkersAsync();
    }

    private async Task AddAsync(string id)
    {
        await system.CommitAsync(DocumentWrite.Set(FirestorePaths.Account(id), new DocumentFields
        {
            ["accountId"] = id,
            [AccountFields.Provider] = Account.Baileys,
            [AccountFields.Status] = "connecting",
        }));
        await system.PairAsync(id, PhoneOf(id));
    }

    /// <summary>Each account is where it should be. Whoever has a gateway first may have them all for a while.</summary>
    private Task SpreadOverAsync(int workers) => Eventually.IsTrueAsync(
        async () => await LivingAsync() is var living && living.Count == workers && (await OwnersAsync()).All(owner => owner.Value == Wish(owner.Key, living)),
        $"each account is where it should be, on {workers} workers",
        LinkedSystem.Patience);

    /// <summary>The third worker takes its share, by rendezvous, one account at a time.</summary>
    private async Task JoinAsync(string replica)
    {
        var (before, watch) = ((await ComingsAsync()).Count, Stopwatch.StartNew());
        await system.CommandAsync(replica, "start");
        await SpreadOverAsync(3);
        await ConnectedAsync();

        var moves = (await ComingsAsync()).Skip(before).Where(coming => !coming.IsLogin).ToList();
        Assert.NotEmpty(moves);
        var most = 1 + ((moves[^1].At - moves[0].At + _slack) / LinkedSystem.MoveEvery);
        Assert.True(moves.Count <= most, $"{moves.Count} sessions moved, at most {most:f1} may");
        Measured($"a third worker joins: {moves.Count} sessions moved in {watch.Elapsed.TotalSeconds:f1} s, at most one each {LinkedSystem.MoveEvery.TotalSeconds:f1} s; then {await SpreadAsync()}");
    }

    /// <summary>One worker goes: its accounts are connected elsewhere, without a scan.</summary>
    private async Task LeaveAsync(string signal, TimeSpan limit)
    {
        var owners = await OwnersAsync();
        var leaving = owners.Values.GroupBy(owner => owner).MaxBy(owned => owned.Count())!.Key!;
        var (orphans, before, at) = (owners.Where(owner => owner.Value == leaving).Select(owner => PhoneOf(owner.Key)).ToHashSet(), (await ComingsAsync()).Count, TimeProvider.System.GetUtcNow());
        await SignalAsync(signal, await system.ProcessOfAsync(leaving));

        List<Coming> back = [];
        await Eventually.IsTrueAsync(
            async () =>
            {
                back = [.. (await ComingsAsync()).Skip(before).Where(coming => coming.IsLogin && orphans.Contains(coming.Phone))];
                return orphans.IsSubsetOf(back.Select(login => login.Phone)) && (await OwnersAsync()).Values.All(owner => owner is not null && owner != leaving);
            },
            $"the accounts of the worker that got {signal} are elsewhere",
            LinkedSystem.Patience);
        await ConnectedAsync();

        var took = back.Max(login => login.At) - at;
        Measured($"{signal} to a worker with {orphans.Count} accounts: all connected elsewhere after {took.TotalSeconds:f1} s, without a scan (lease {LinkedSystem.Lease.TotalSeconds:f0} s)");
        if (Durations.IsFull)
        {
            Assert.True(took <= limit, $"{signal}: {took}");
        }
    }

    private static async Task SignalAsync(string signal, int processId)
    {
        using var kill = Process.Start("kill", [$"-{signal[3..]}", processId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task ConnectedAsync()
    {
        foreach (var id in _ids)
        {
            await system.StatusAsync(id, "connected");
        }
    }

    private async Task<Dictionary<string, string?>> OwnersAsync()
    {
        var read = await system.Firestore.GetAsync([.. _ids.Select(FirestorePaths.AccountLease)], "test", CancellationToken.None);
        return _ids.ToDictionary(id => id, id => read.Find(FirestorePaths.AccountLease(id))?.Fields.Text("owner"));
    }

    /// <summary>A stopped worker takes its heartbeat with it; a killed one leaves it behind.</summary>
    private async Task<List<string>> LivingAsync() =>
        [.. (await system.Firestore.QueryAsync(new DocumentQuery(FirestorePaths.Instances), "test", CancellationToken.None)).Documents
            .Where(instance => Directory.Exists($"/proc/{instance.Fields.Integer("processId")}") && instance.Fields.Boolean("gateway") == true).Select(instance => instance.Id)];

    private static string Wish(string accountId, List<string> living) =>
        living.MaxBy(instance => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{instance}|{accountId}|session"))))!;

    private async Task<string> SpreadAsync() => string.Join(" + ", (await OwnersAsync()).Values.GroupBy(owner => owner).Select(owned => owned.Count()).Order());

    private async Task<List<Coming>> ComingsAsync() => [.. (await system.Sockets.ComingsAsync()).Where(coming => coming.Phone.StartsWith("40730", StringComparison.Ordinal))];

    private static string PhoneOf(string id) => $"40730{id[^2..]}0000";

    private void Measured(string figure) => _figures.Add(figure);
}
