using System.ComponentModel;
using System.Net.Http.Json;
using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Gateway;
using WaAspire.Tests.Kit;
using WaAspire.Worker.Accounts;
using WaAspire.Worker.Gateway;
using Xunit.Sdk;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>
/// Accounts that are paired by QR code, in the chaos: paired before anything goes wrong, then never again. What WhatsApp's
/// socket server took from them is the truth that they are judged by. Without Node there are none, and the rest goes on.
/// </summary>
internal sealed class LinkedAccounts(ChaosSystem system)
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(250);
    private readonly List<Company> _companies = [];
    private SentLog? _log;

    public IReadOnlyList<Company> Companies => _companies;

    /// <summary>The phones by account id.</summary>
    public IReadOnlyDictionary<string, string> Phones => _companies.ToDictionary(company => company.AccountId, PhoneOf);

    /// <summary>What is missing for them on this machine, in a sentence; null: nothing.</summary>
    public static async Task<string?> MissingAsync()
    {
        try
        {
            await new NpmFolder(Path.Combine(Artifacts.Root, "baileys-gateway"), TimeSpan.FromMinutes(8)).InstallAsync();
        }
        catch (Exception absent) when (absent is Win32Exception or XunitException)
        {
            // The search below says in one sentence what there is not.
        }

        return (await GatewayProgram.FindAsync(new GatewayOptions(), TimeProvider.System, CancellationToken.None)).Missing;
    }

    public bool Has(string? accountId) => _companies.Exists(company => company.AccountId == accountId);

    /// <summary>Before there are workers. Messages go out as fast as they come: how an account is paced is other tests' business.</summary>
    public async Task OpenAsync(int count, int threads)
    {
        _log = new SentLog(system.Sockets!);
        for (var i = 0; i < count; i++)
        {
            var company = await Company.OpenAsync(system);
            await company.OpenThreadsAsync(threads);
            await company.CommitAsync(DocumentWrite.Set(FirestorePaths.Account(company.AccountId), new DocumentFields
            {
                ["accountId"] = company.AccountId,
                [AccountFields.Provider] = Account.Baileys,
                [AccountFields.Status] = AccountFields.Connecting,
                [AccountFields.SendGapMs] = 20L,
                [AccountFields.SendGapJitterMs] = 0L,
                [AccountFields.DailyCap] = 1_000_000L,
            }));
            _companies.Add(company);
        }
    }

    /// <summary>Each shows a code, and a phone scans it.</summary>
    public Task PairAsync() => Task.WhenAll(_companies.Select(PairAsync));

    /// <returns>Those that are not connected at the end of all patience, for people.</returns>
    public async Task<IReadOnlyList<string>> AwayAsync()
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var comings = system.Sockets is { } sockets ? await sockets.ComingsAsync() : [];
            var away = new List<string>();
            foreach (var company in _companies)
            {
                // A dead worker's accounts go on saying that they are connected: WhatsApp knows better.
                var (account, isIn) = (await StoredAsync(company), comings.LastOrDefault(coming => coming.Phone == PhoneOf(company)) is { IsIn: true });
                if (!isIn || account.Text(AccountFields.Status) != AccountFields.Connected)
                {
                    away.Add($"{company.AccountId} says {account.Text(AccountFields.Status)} ({account.Text(AccountFields.SessionReason)}), {(isIn ? "logged in" : "not logged in")}");
                }
            }

            if (away.Count == 0 || TimeProvider.System.GetElapsedTime(since) > _patience)
            {
                return away;
            }

            await Task.Delay(_look, TimeProvider.System);
        }
    }

    /// <summary>Notes what WhatsApp has taken since, before it forgets.</summary>
    public Task FollowAsync() => _log?.ReadAsync() ?? Task.CompletedTask;

    /// <summary>The number of the last stanza that WhatsApp has taken; see <see cref="TakenStanza"/>.</summary>
    public async Task<long> LastTakenAsync() => await TakenAsync() is [.., var last] ? last.Number : 0;

    /// <summary>What WhatsApp has taken from all of them.</summary>
    public async Task<IReadOnlyList<TakenStanza>> TakenAsync() => _log is null ? [] : await _log.ReadAsync();

    /// <returns>Request ids of what phones show since then; see <see cref="SentLog.Bubbles"/>.</returns>
    public IReadOnlyList<string> Bubbles(IReadOnlyList<TakenStanza> taken, long after, IReadOnlyList<ToldThread> told) => SentLog.Bubbles(
        taken, after, told.Where(thread => _companies.Contains(thread.Company)).Select(thread => (thread.Company.PhoneOf(thread.Number), (IReadOnlyList<string>)thread.RequestIds)));

    private static string PhoneOf(Company company) => $"40790{company.AccountId[^6..]}";

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
                var account = await StoredAsync(company);
                if (account.Text(AccountFields.QrText) is { } qr && qr != scanned && await system.Sockets!.ScanAsync(qr, PhoneOf(company)))
                {
                    scanned = qr;
                }

                return account.Text(AccountFields.Status) == AccountFields.Connected;
            },
            $"{company.AccountId} is scanned and connected",
            _patience,
            () => Shown.DocumentsAsync(system.Firestore, FirestorePaths.Account(company.AccountId), FirestorePaths.AccountLease(company.AccountId)));
    }

    private static async Task<DocumentFields> StoredAsync(Company company) => (await company.StoredAsync(FirestorePaths.Account(company.AccountId))).Fields;
}
