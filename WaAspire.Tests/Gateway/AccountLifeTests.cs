using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Messaging.Threads;
using WaAspire.Tests.Accounts.Ownership;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;

namespace WaAspire.Tests.Gateway;

/// <summary>One account with two real workers, their real gateways, and real baileys in them.</summary>
[Collection("linked accounts")]
public sealed class AccountLifeTests(AccountLifeTests.LinkedSystem system) : IClassFixture<AccountLifeTests.LinkedSystem>
{
    private const string Phone = "40722000111";
    private const int Threads = 2;
    private const int MessagesEach = 3;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task an_account_is_scanned_once_and_goes_on_when_its_worker_is_killed()
    {
        var company = await Company.OpenAsync(system, "connecting");
        await company.CommitAsync(DocumentWrite.Update(
            FirestorePaths.Account(company.AccountId), Precondition.Present, new DocumentFields { [AccountFields.Provider] = Account.Baileys }));
        await company.OpenThreadsAsync(Threads);

        await PairAsync(company);
        var told = await company.SendManyAsync(Threads * MessagesEach, Threads);
        await AllSentAsync(company, told);
        await HearAsync(company, "Salut", "3A00000000000001");

        var owner = await OwnerAsync(company);
        await KillAsync(owner);
        foreach (var (thread, requestIds) in await company.SendManyAsync(Threads * MessagesEach, Threads))
        {
            told[thread].AddRange(requestIds);
        }

        // Another worker connects from the stored keys: nobody scans anything.
        await AllSentAsync(company, told);
        Assert.NotEqual(owner, await OwnerAsync(company));
        await HearAsync(company, "Mai esti acolo?", "3A00000000000002");
        await AssertOnceAndInOrderAsync(company, told);
        Assert.Equal(1, (await system.Sockets.GetAsync("state")).GetProperty("devices").GetArrayLength());
    }

    private async Task PairAsync(Company company)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/internal/accounts/{company.AccountId}/pair") { Content = JsonContent.Create(new { }) };
        request.Headers.Add("X-Internal-Token", RunningSystem.InternalToken);
        using var answer = await system.Worker.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());

        var scanned = "";
        await Eventually.IsTrueAsync(
            async () =>
            {
                var account = (await company.StoredAsync(FirestorePaths.Account(company.AccountId))).Fields;
                if (account.Text("qrText") is { } qr && qr != scanned && await system.Sockets.ScanAsync(qr, Phone))
                {
                    scanned = qr;
                }

                return account.Text(AccountFields.Status) == "connected";
            },
            "the account is scanned and connected",
            _patience);
    }

    private async Task HearAsync(Company company, string text, string id)
    {
        await system.Sockets.PostAsync("inbound", new { account = Phone, from = company.PhoneOf(1), text, id });
        var path = FirestorePaths.ThreadMessage(company.ThreadId(1), id);
        await Eventually.IsTrueAsync(
            async () => (await system.Firestore.GetAsync([path], "test", CancellationToken.None)).Find(path)?.Fields.Text(ThreadMessageFields.Body) == text,
            $"the letter {id} is in its thread",
            _patience);
    }

    private static Task AllSentAsync(Company company, IReadOnlyDictionary<int, List<string>> told) => Eventually.IsTrueAsync(
        async () => (await company.AllOutboxAsync()) is { } outbox && told.Values.SelectMany(thread => thread).All(id => outbox[id].Status == OutboxStatus.Sent),
        "every message is sent",
        _patience);

    /// <summary>What left under one id is one message to every phone, however often it had to be repeated.</summary>
    private async Task AssertOnceAndInOrderAsync(Company company, IReadOnlyDictionary<int, List<string>> told)
    {
        var sent = (await system.Sockets.GetAsync($"sent?account={Phone}")).EnumerateArray().Select(entry => entry.GetProperty("id").GetString()).Distinct().ToList();
        Assert.Equal(told.Values.Sum(thread => thread.Count), sent.Count);
        foreach (var thread in told.Values)
        {
            var ids = thread.ConvertAll(TransportMessageId.Of);
            Assert.Equal(ids, sent.Where(id => ids.Contains(id!)));
        }

        Assert.All((await company.AllOutboxAsync()).Values, message => Assert.Equal(TransportMessageId.Of(message.RequestId), message.ProviderMessageId));
    }

    private static async Task<long> OwnerAsync(Company company)
    {
        var lease = await company.StoredAsync(FirestorePaths.AccountLease(company.AccountId));
        return (await company.StoredAsync(FirestorePaths.Instance(lease.Fields.Text("owner")!))).Fields.Integer("processId")!.Value;
    }

    private static async Task KillAsync(long processId)
    {
        using var process = Process.GetProcessById((int)processId);
        process.Kill();
        await process.WaitForExitAsync();
    }

    public sealed class LinkedSystem : RunningSystem, IAsyncLifetime
    {
        private SocketStandIn? _whatsApp;
        private string _spool = "";

        internal SocketStandIn Sockets => _whatsApp!;

        async Task IAsyncLifetime.InitializeAsync()
        {
            _spool = Directory.CreateTempSubdirectory("gateway-spool").FullName;
            _whatsApp = await SocketStandIn.StartAsync();
            await InitializeAsync();
        }

        async Task IAsyncLifetime.DisposeAsync()
        {
            await DisposeAsync();
            await (_whatsApp?.DisposeAsync() ?? ValueTask.CompletedTask);
            Directory.Delete(_spool, recursive: true);
        }

        // The lease is what the test waits for. All else is long enough for a machine that has much else to do.
        protected override void Configure(IResourceBuilder<ProjectResource> worker)
        {
            base.Configure(worker);
            foreach (var (name, value) in new Dictionary<string, string>
            {
                ["WA_SESSION_KEYS"] = TwoOwners.OldKey,
                ["WA_WEB_SOCKET_URL"] = _whatsApp!.Url,
                ["Gateway__Spool"] = _spool,
                ["Ownership__Lease"] = "00:00:20",
                ["Ownership__Margin"] = "00:00:02",
                ["Ownership__RenewEvery"] = "00:00:04",
                ["Accounts__HeartbeatExpiry"] = "00:00:30",
                ["Sending__Lease"] = "00:00:25",
                ["Sending__Margin"] = "00:00:02",
                ["Sending__SendTimeout"] = "00:00:20",
                ["Sending__QuietPeriod"] = "00:00:30",
                ["Pacing__BaileysGap"] = "00:00:00.050",
                ["Pacing__BaileysGapJitter"] = "00:00:00",
            })
            {
                worker.WithEnvironment(name, value);
            }
        }
    }
}
